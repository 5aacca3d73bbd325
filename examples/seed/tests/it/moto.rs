//! A `moto_server` that ends with the test.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_ec2::config::{BehaviorVersion, Credentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use aws_types::region::Region;

pub(crate) struct Moto {
    server: Child,
    port: u16,
}

impl Moto {
    /// Starts a server on a free port, or says that it cannot.
    pub(crate) fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os("PORTCULLIS_MOTO").map(PathBuf::from) else {
            assert_ne!(std::env::var("PORTCULLIS_NO_SKIP").as_deref(), Ok("1"), "PORTCULLIS_MOTO is not set");
            eprintln!("SKIPPED: PORTCULLIS_MOTO is not set (the folder with moto_server)");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new(folder.join("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Self { server, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_mins(2), "moto_server does not listen");
            std::thread::sleep(Duration::from_millis(200));
        }
        Some(moto)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(self.url())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
