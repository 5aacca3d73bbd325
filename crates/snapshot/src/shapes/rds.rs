//! Shapes of Amazon RDS: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Types.html>.
