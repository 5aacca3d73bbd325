//! Shapes of Amazon EC2 and VPC: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html>.

mod groups;
mod interfaces;
mod other;
mod routing;
mod transit;
mod vpc;

pub use groups::*;
pub use interfaces::*;
pub use other::*;
pub use routing::*;
pub use transit::*;
pub use vpc::*;
