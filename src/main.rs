//! The command line of Portcullis.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
