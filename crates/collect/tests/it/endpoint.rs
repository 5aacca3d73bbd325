//! A local endpoint that speaks AWS (moto), and the AWS CLI beside it.
//!
//! `PORTCULLIS_MOTO` names the folder that holds `moto_server` and `aws`; `PORTCULLIS_ENDPOINT` an endpoint that runs
//! already. Without the first the tests skip, loudly; with `PORTCULLIS_NO_SKIP=1` they fail instead.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) struct Endpoint {
    pub(crate) url: String,
    tools: PathBuf,
    home: tempfile::TempDir,
    server: Option<Child>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Endpoint {
    /// The endpoint; `None` if this machine has none and may skip.
    pub(crate) fn start() -> Option<Self> {
        let Some(tools) = std::env::var_os("PORTCULLIS_MOTO").map(PathBuf::from) else {
            assert!(
                std::env::var_os("PORTCULLIS_NO_SKIP").is_none(),
                "PORTCULLIS_MOTO is not set and PORTCULLIS_NO_SKIP forbids to skip"
            );
            eprintln!("SKIPPED: set PORTCULLIS_MOTO to the folder of moto_server and aws to compare with the AWS CLI");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        // the CLI of version 1 prints times as they come; version 2 and Portcullis print ISO 8601
        std::fs::write(home.path().join("config"), "[default]\ncli_timestamp_format = iso8601\n").unwrap();
        if let Ok(url) = std::env::var("PORTCULLIS_ENDPOINT") {
            return Some(Self { url, tools, home, server: None });
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new(tools.join("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let endpoint = Self { url: format!("http://127.0.0.1:{port}"), tools, home, server: Some(server) };
        let until = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(endpoint)
    }

    fn command(&self, region: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(tool(&self.tools, "aws"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("AWS_CONFIG_FILE", self.home.path().join("config"))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .args(["--endpoint-url", &self.url, "--region", region, "--output", "json"])
            .args(arguments);
        command
    }

    /// What the CLI prints; the error's text if it fails.
    pub(crate) fn aws(&self, region: &str, arguments: &[&str]) -> Result<Value, String> {
        let output = self.command(region, arguments).output().expect("aws starts");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        if output.stdout.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    /// What the CLI prints, which must work.
    pub(crate) fn make(&self, region: &str, arguments: &[&str]) -> Value {
        self.aws(region, arguments).unwrap_or_else(|error| panic!("aws {}: {error}", arguments.join(" ")))
    }
}

fn tool(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}
