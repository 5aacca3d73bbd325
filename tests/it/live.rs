//! The live path: a local endpoint is seeded, collected through the real SDK and audited.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::Program;

/// A local AWS endpoint that ends with the test.
struct Endpoint {
    child: Child,
    url: String,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the endpoint from the venv in `PORTCULLIS_MOTO`; skips loudly without it, never in CI.
fn endpoint() -> Option<Endpoint> {
    let Some(bin) = std::env::var_os("PORTCULLIS_MOTO").map(PathBuf::from) else {
        assert!(std::env::var_os("PORTCULLIS_NO_SKIP").is_none(), "PORTCULLIS_MOTO is not set");
        eprintln!("SKIPPED: no local endpoint (PORTCULLIS_MOTO names the bin folder of a venv with moto[server])");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(bin.join("moto_server"))
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let endpoint = Endpoint { child, url: format!("http://127.0.0.1:{port}") };
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_mins(2), "the local endpoint does not start");
        std::thread::sleep(Duration::from_millis(200));
    }
    Some(endpoint)
}

/// The seeding program of the same build.
fn seed(endpoint: &Endpoint, form: &str) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_portcullis")).with_file_name("portcullis-seed");
    assert!(program.exists(), "{} is missing: build the whole workspace", program.display());
    let output = Command::new(program).args(["--endpoint", &endpoint.url, "--form", form]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn environment(endpoint: &Endpoint) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL", &endpoint.url),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "ap-northeast-2"),
    ]
}

/// A report without the times in it, and without the one id that the endpoint makes out of the time.
fn timeless(text: &str) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for name in ["collected_at", "now", "fingerprint"] {
                    members.remove(name);
                }
                members.values_mut().for_each(walk);
            }
            Value::Array(items) => items.iter_mut().for_each(walk),
            Value::String(text) if text.contains("rds:shop-db-20") => "rds:shop-db-TIME".clone_into(text),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_str(text).unwrap();
    walk(&mut value);
    value
}

#[test]
fn live_recorded_and_embedded_accounts_audit_alike() {
    let Some(endpoint) = endpoint() else { return };
    let environment = environment(&endpoint);
    let program = Program::new();
    let project = crate::program::repository().join("src/demo/portcullis.yaml").display().to_string();
    let at = |name: &str| program.folder().join(name).display().to_string();
    for form in ["sound", "drifted"] {
        seed(&endpoint, form);
        let recorded = at(&format!("{form}.ndjson.zst"));
        let region = ["--region", "ap-northeast-2"];
        let collect = program.run_with(&[&["collect", "-o", &recorded][..], &region].concat(), &environment);
        assert_eq!(collect.code, 4, "the endpoint lacks some calls: {}", collect.stderr);
        let audit = ["audit", "--project", &project, "--format", "json"];
        let live = program.run_with(&[&audit[..], &["--live", "--no-keep"], &region].concat(), &environment);
        assert!(matches!(live.code, 4 | 5), "{form}: {}", live.stderr);
        let replayed = program.run(&[&audit[..], &["--snapshot", &recorded]].concat());
        assert_eq!(timeless(&live.stdout), timeless(&replayed.stdout), "{form}: live and recorded differ");
        let embedded = program.run(&["audit", "--demo", form, "--format", "json"]);
        assert_eq!(
            timeless(&replayed.stdout)["rules"],
            timeless(&embedded.stdout)["rules"],
            "{form}: the embedded account is not what the seeding program builds; collect it again"
        );
    }
}

#[test]
fn what_keeps_a_run_from_starting_is_one_clear_line() {
    let program = Program::new();
    let none =
        program.run_with(&["collect", "-o", "x", "--region", "us-east-1"], &[("AWS_EC2_METADATA_DISABLED", "true")]);
    assert_eq!(none.code, 3, "{}", none.stderr);
    assert!(none.stderr.contains("credentials"), "{}", none.stderr);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{closed}");
    let environment = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "ap-northeast-2"),
    ];
    let down = program.run_with(&["audit"], &environment);
    assert_eq!(down.code, 3, "{}", down.stderr);
    assert!(down.stderr.contains("does not answer") && down.stderr.lines().count() == 1, "{}", down.stderr);
    assert!(!program.folder().join("x").exists(), "nothing half-written");
    let Some(endpoint) = endpoint() else { return };
    let environment = self::environment(&endpoint);
    let region = program.run_with(&["collect", "-o", "x", "--region", "mars-north-1"], &environment);
    assert_eq!(region.code, 2, "{}", region.stderr);
    assert!(region.stderr.contains("mars-north-1"), "{}", region.stderr);
}
