//! Shapes of Elastic Load Balancing v2: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Types.html>.
