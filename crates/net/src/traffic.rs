//! What is sent: protocol and port, and what comes back.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::sets::PortSet;

/// An IP protocol by its number: <https://www.iana.org/assignments/protocol-numbers/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);

    /// Reads `tcp`, `udp`, `icmp`, `icmpv6` or a number; `None` for other text, `-1` included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "tcp" => Some(Self::TCP),
            "udp" => Some(Self::UDP),
            "icmp" => Some(Self::ICMP),
            "icmpv6" => Some(Self::ICMPV6),
            number => number.parse().ok().map(Self),
        }
    }

    /// Whether it has ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP)
    }

    pub(crate) fn is_icmp(self) -> bool {
        matches!(self, Self::ICMP | Self::ICMPV6)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TCP => f.write_str("tcp"),
            Self::UDP => f.write_str("udp"),
            Self::ICMP => f.write_str("icmp"),
            Self::ICMPV6 => f.write_str("icmpv6"),
            Self(number) => write!(f, "protocol {number}"),
        }
    }
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The first packet of a connection, as far as filters look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Traffic {
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port, or the ICMP type; 0 for a protocol without either.
    pub port: u16,
    /// The ICMP code.
    pub code: u8,
}

impl Traffic {
    /// A connection to a port.
    #[must_use]
    pub fn new(protocol: Protocol, port: u16) -> Self {
        Self { protocol, port, code: 0 }
    }

    /// A TCP connection.
    #[must_use]
    pub fn tcp(port: u16) -> Self {
        Self::new(Protocol::TCP, port)
    }

    /// A UDP exchange.
    #[must_use]
    pub fn udp(port: u16) -> Self {
        Self::new(Protocol::UDP, port)
    }

    /// An ICMP message.
    #[must_use]
    pub fn icmp(kind: u8, code: u8) -> Self {
        Self { protocol: Protocol::ICMP, port: u16::from(kind), code }
    }

    /// The same to another port.
    #[must_use]
    pub fn to_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    pub(crate) fn reply(self) -> Reply {
        let message = |kind| Reply::Packet(Self { port: kind, code: 0, ..self });
        match (self.protocol, self.port) {
            (Protocol::TCP | Protocol::UDP, _) => Reply::ToClientPort,
            (Protocol::ICMP, 8) => message(0),
            (Protocol::ICMP, 13) => message(14),
            (Protocol::ICMP, 15) => message(16),
            (Protocol::ICMP, 17) => message(18),
            (Protocol::ICMPV6, 128) => message(129),
            (Protocol::ICMP | Protocol::ICMPV6, _) => Reply::None,
            _ => Reply::Packet(self),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.protocol.has_ports() {
            write!(f, "{}/{}", self.protocol, self.port)
        } else if self.protocol.is_icmp() {
            write!(f, "{} type {} code {}", self.protocol, self.port, self.code)
        } else {
            self.protocol.fmt(f)
        }
    }
}

/// What the other side sends back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// To the port that the client chose.
    ToClientPort,
    /// This message.
    Packet(Traffic),
    /// Nothing: the message expects no answer.
    None,
}

/// A packet in one direction, as a stateless filter sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    /// To a fixed port, or an ICMP message.
    Fixed(Traffic),
    /// To any one of these ports, which the receiver chose.
    AnyOf(Protocol, PortSet),
    /// No packet at all.
    None,
}

impl Packet {
    pub(crate) fn reply_to(traffic: Traffic, client: &PortSet) -> Self {
        match traffic.reply() {
            Reply::ToClientPort => Self::AnyOf(traffic.protocol, client.clone()),
            Reply::Packet(traffic) => Self::Fixed(traffic),
            Reply::None => Self::None,
        }
    }
}

/// Protocol and ports of a rule or entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matcher {
    /// `None` for every protocol.
    pub(crate) protocol: Option<Protocol>,
    /// Ports; for ICMP unused.
    pub(crate) ports: PortSet,
    /// ICMP type and code, each `None` for all.
    pub(crate) icmp: (Option<u16>, Option<u8>),
}

impl Matcher {
    pub(crate) fn everything() -> Self {
        Self { protocol: None, ports: PortSet::all(), icmp: (None, None) }
    }

    pub(crate) fn admits(&self, traffic: Traffic) -> bool {
        let Some(protocol) = self.protocol else { return true };
        if protocol != traffic.protocol {
            return false;
        }
        if protocol.has_ports() {
            self.ports.contains(traffic.port)
        } else if protocol.is_icmp() {
            self.icmp.0.is_none_or(|kind| kind == traffic.port) && self.icmp.1.is_none_or(|code| code == traffic.code)
        } else {
            true
        }
    }

    /// The ports of a protocol that it admits.
    pub(crate) fn ports_of(&self, protocol: Protocol) -> PortSet {
        match self.protocol {
            None => PortSet::all(),
            Some(own) if own == protocol && protocol.has_ports() => self.ports.clone(),
            Some(own) if own == protocol => PortSet::all(),
            Some(_) => PortSet::empty(),
        }
    }
}
