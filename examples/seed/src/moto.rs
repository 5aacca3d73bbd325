//! The loopback endpoint, and what only moto has: reset, the seed of its random numbers, and plain requests where the
//! SDK cannot be used.

use std::fmt::{self, Write as _};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::aws::REGION;

/// An endpoint on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint(SocketAddr);

/// Why an endpoint is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EndpointError {
    NotHttp(String),
    NotLoopback(String),
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp(url) => write!(f, "`{url}` is not of the form http://ADDRESS:PORT"),
            Self::NotLoopback(url) => {
                write!(f, "refusing `{url}`: only a loopback endpoint is seeded, because it is wiped first")
            }
        }
    }
}

impl Endpoint {
    /// Accepts `http://` with a loopback address (or `localhost`, read as 127.0.0.1) and a port, and nothing else: a
    /// name that is resolved later could lead anywhere.
    pub(crate) fn parse(url: &str) -> Result<Self, EndpointError> {
        let not_http = || EndpointError::NotHttp(url.to_owned());
        let loopback = |address: IpAddr| match address {
            IpAddr::V4(v4) => v4.is_loopback(),
            IpAddr::V6(v6) => v6.is_loopback(),
        };
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest.strip_suffix('/').unwrap_or(rest),
            Some(("https", _)) => return Err(EndpointError::NotLoopback(url.to_owned())),
            _ => return Err(not_http()),
        };
        let (host, port) = rest.rsplit_once(':').ok_or_else(not_http)?;
        let port = port.parse::<u16>().map_err(|_| not_http())?;
        let address = match host {
            "localhost" => IpAddr::from([127, 0, 0, 1]),
            _ => host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse()
                .map_err(|_| EndpointError::NotLoopback(url.to_owned()))?,
        };
        if !loopback(address) {
            return Err(EndpointError::NotLoopback(url.to_owned()));
        }
        Ok(Self(SocketAddr::new(address, port)))
    }

    /// The address as a URL.
    pub(crate) fn url(self) -> String {
        format!("http://{}", self.0)
    }

    /// Forgets everything that was created.
    pub(crate) fn reset(self) -> Result<()> {
        self.request("POST", "/moto-api/reset", &[], "").map(drop)
    }

    /// Starts moto's random numbers, from which its ids come, at a known place.
    pub(crate) fn seed(self, seed: u32) -> Result<()> {
        self.request("POST", &format!("/moto-api/seed?a={seed}"), &[], "").map(drop)
    }

    /// Keeps tasks from stopping, which moto lets them do once they have been looked at.
    pub(crate) fn keep_tasks_running(self) -> Result<()> {
        let never = r#"{"model_name": "ecs::task", "transition": {"progression": "manual", "times": 1000000000}}"#;
        let kind = ("Content-Type", "application/json");
        self.request("POST", "/moto-api/state-manager/set-transition", &[kind], never).map(drop)
    }

    /// A call of a query-protocol service, of which moto only checks the credential scope.
    pub(crate) fn query(self, service: &str, form: &str) -> Result<String> {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.request("POST", "/", &[kind, ("Authorization", &scope(service))], form)
    }

    /// A call of a JSON-protocol service.
    pub(crate) fn json(self, service: &str, target: &str, body: &str) -> Result<String> {
        let kind = ("Content-Type", "application/x-amz-json-1.1");
        self.request("POST", "/", &[kind, ("X-Amz-Target", target), ("Authorization", &scope(service))], body)
    }

    /// A REST call.
    pub(crate) fn put(self, service: &str, path: &str, header: (&str, &str), body: &str) -> Result<String> {
        self.request("PUT", path, &[header, ("Authorization", &scope(service))], body)
    }

    fn request(self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<String> {
        let asked = || format!("{method} {}{path}", self.url());
        let mut stream = TcpStream::connect_timeout(&self.0, Duration::from_secs(5)).with_context(asked)?;
        stream.set_read_timeout(Some(Duration::from_mins(2)))?;
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.0);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n")?;
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        stream.write_all(request.as_bytes()).with_context(asked)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).with_context(asked)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        match head.split(' ').nth(1) {
            Some(status) if status.starts_with('2') => Ok(body.to_owned()),
            _ => bail!("{}: {} {body}", asked(), head.lines().next().unwrap_or("no answer")),
        }
    }
}

/// What moto reads service and region from; it checks no signature.
fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=seed/20261101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_accepted() {
        for (url, read) in [
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("http://127.8.8.8:1/", "http://127.8.8.8:1"),
            ("http://localhost:5000", "http://127.0.0.1:5000"),
            ("http://[::1]:5000", "http://[::1]:5000"),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().url(), read);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for url in [
            "https://rds.ap-northeast-2.amazonaws.com",
            "http://10.0.0.1:5000",
            "http://0.0.0.0:5000",
            "http://127.0.0.1.example.com:80",
            "http://127.0.0.1@example.com:80",
            "http://example.com#@127.0.0.1:80",
            "http://localhost.example.com:80",
            "http://[::ffff:10.0.0.1]:80",
            "http://127.0.0.1",
            "127.0.0.1:5000",
            "file:///tmp",
            "",
        ] {
            assert!(Endpoint::parse(url).is_err(), "{url}");
        }
    }
}
