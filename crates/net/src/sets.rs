//! Exact sets of addresses and of ports, as sorted disjoint intervals.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};

const V4_MAX: u128 = u32::MAX as u128;
const PORT_MAX: u128 = u16::MAX as u128;

/// A set of numbers.
///
/// INVARIANT: intervals are sorted, disjoint and not adjacent, so that equal sets are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    pub(crate) fn of(ranges: impl IntoIterator<Item = (u128, u128)>) -> Self {
        let mut sorted: Vec<_> = ranges.into_iter().filter(|(low, high)| low <= high).collect();
        sorted.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(sorted.len());
        for (low, high) in sorted {
            match merged.last_mut() {
                Some(last) if last.1 == u128::MAX || low <= last.1 + 1 => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }

    pub(crate) fn contains(&self, value: u128) -> bool {
        let after = self.0.partition_point(|(low, _)| *low <= value);
        after.checked_sub(1).and_then(|index| self.0.get(index)).is_some_and(|(_, high)| value <= *high)
    }

    fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    fn intersect(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = Vec::new();
        while let (Some((a_low, a_high)), Some((b_low, b_high))) = (a.peek(), b.peek()) {
            let (low, high) = ((*a_low).max(*b_low), (*a_high).min(*b_high));
            if low <= high {
                common.push((low, high));
            }
            if a_high < b_high {
                a.next();
            } else {
                b.next();
            }
        }
        Self::of(common)
    }

    fn subtract(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        for (low, high) in &self.0 {
            let mut start = Some(*low);
            for (cut_low, cut_high) in &other.0 {
                let Some(from) = start else { break };
                if cut_high < &from || cut_low > high {
                    continue;
                }
                if *cut_low > from {
                    left.push((from, cut_low - 1));
                }
                start = cut_high.checked_add(1).filter(|next| next <= high);
            }
            if let Some(from) = start {
                left.push((from, *high));
            }
        }
        Self::of(left)
    }

    /// This set cut at every edge of the others: within one piece no other set changes its mind.
    fn pieces<'a>(&self, edges: impl IntoIterator<Item = &'a Self>) -> Vec<Self> {
        let mut starts: Vec<u128> = edges
            .into_iter()
            .flat_map(|set| set.0.iter())
            .flat_map(|(low, high)| [Some(*low), high.checked_add(1)])
            .flatten()
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let mut pieces = Vec::new();
        for (low, high) in &self.0 {
            let mut from = *low;
            for start in starts.iter().filter(|start| *start > low && *start <= high) {
                pieces.push(Self(vec![(from, start - 1)]));
                from = *start;
            }
            pieces.push(Self(vec![(from, *high)]));
        }
        pieces
    }
}

/// A set of IPv4 and IPv6 addresses. Prints as the shortest list of CIDR blocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AddressSet {
    v4: Intervals,
    v6: Intervals,
}

impl AddressSet {
    /// No address.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every address of both families.
    #[must_use]
    pub fn all() -> Self {
        Self { v4: Intervals::of([(0, V4_MAX)]), v6: Intervals::of([(0, u128::MAX)]) }
    }

    /// One address.
    #[must_use]
    pub fn single(address: IpAddr) -> Self {
        let value = number(address);
        match address {
            IpAddr::V4(_) => Self { v4: Intervals::of([(value, value)]), v6: Intervals::default() },
            IpAddr::V6(_) => Self { v4: Intervals::default(), v6: Intervals::of([(value, value)]) },
        }
    }

    /// The addresses of a CIDR block, whose host bits are ignored; a bare address is itself. `None` for other text.
    #[must_use]
    pub fn parse(cidr: &str) -> Option<Self> {
        let (address, length) = match cidr.split_once('/') {
            Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
            None => (cidr.parse::<IpAddr>().ok()?, None),
        };
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(bits);
        if length > bits {
            return None;
        }
        let host = u128::MAX.checked_shr(128 - (bits - length)).unwrap_or(0);
        let low = number(address) & !host;
        let interval = Intervals::of([(low, low | host)]);
        Some(match address {
            IpAddr::V4(_) => Self { v4: interval, v6: Intervals::default() },
            IpAddr::V6(_) => Self { v4: Intervals::default(), v6: interval },
        })
    }

    /// The union of CIDR blocks; `None` if one of them is none.
    pub fn parse_all<'a>(cidrs: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        cidrs.into_iter().try_fold(Self::empty(), |set, cidr| Some(set.union(&Self::parse(cidr)?)))
    }

    /// Every address of the public internet: what is not set aside for private or special use.
    ///
    /// <https://www.iana.org/assignments/iana-ipv4-special-registry/>,
    /// <https://www.iana.org/assignments/ipv6-unicast-address-assignments/> (`2000::/3` is all global unicast space).
    #[must_use]
    pub fn public() -> Self {
        // The documentation blocks (203.0.113.0/24 and others) stay: they stand for public addresses in examples.
        const SPECIAL: [&str; 10] = [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "224.0.0.0/3",
        ];
        let base = Self::parse_all(["0.0.0.0/0", "2000::/3"]).unwrap_or_default();
        let special = Self::parse_all(SPECIAL).unwrap_or_default();
        base.subtract(&special)
    }

    /// Whether an address is in the set.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.family(address.is_ipv4()).contains(number(address))
    }

    /// Whether no address is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.0.is_empty() && self.v6.0.is_empty()
    }

    /// Addresses in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// Addresses in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersect(&other.v4), v6: self.v6.intersect(&other.v6) }
    }

    /// Addresses in this set and not in the other.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self { v4: self.v4.subtract(&other.v4), v6: self.v6.subtract(&other.v6) }
    }

    /// Whether every address of this set is in the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.subtract(other).is_empty()
    }

    /// One address of the set: the lowest, IPv4 first.
    #[must_use]
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.v4.0.first().map(|(low, _)| address(*low, true));
        v4.or_else(|| self.v6.0.first().map(|(low, _)| address(*low, false)))
    }

    /// This set cut at every edge of the others: within one piece, no other set changes its mind.
    #[must_use]
    pub fn pieces(&self, edges: &[&Self]) -> Vec<Self> {
        let v4 = self.v4.pieces(edges.iter().map(|set| &set.v4));
        let v6 = self.v6.pieces(edges.iter().map(|set| &set.v6));
        v4.into_iter()
            .map(|v4| Self { v4, v6: Intervals::default() })
            .chain(v6.into_iter().map(|v6| Self { v4: Intervals::default(), v6 }))
            .collect()
    }

    /// The shortest list of CIDR blocks, IPv4 first, ascending.
    #[must_use]
    pub fn cidrs(&self) -> Vec<String> {
        let mut blocks = Vec::new();
        for (set, bits) in [(&self.v4, 32u32), (&self.v6, 128)] {
            for (low, high) in &set.0 {
                let mut from = *low;
                loop {
                    // The largest aligned block that starts here and does not pass the end.
                    let mut host = if from == 0 { bits } else { from.trailing_zeros().min(bits) };
                    while host > 0 && ends(from, host) > *high {
                        host -= 1;
                    }
                    blocks.push(format!("{}/{}", address(from, bits == 32), bits - host));
                    let end = ends(from, host);
                    if end >= *high {
                        break;
                    }
                    from = end + 1;
                }
            }
        }
        blocks
    }

    fn family(&self, v4: bool) -> &Intervals {
        if v4 { &self.v4 } else { &self.v6 }
    }
}

fn ends(from: u128, host_bits: u32) -> u128 {
    from | u128::MAX.checked_shr(128 - host_bits).unwrap_or(0)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn address(value: u128, v4: bool) -> IpAddr {
    if v4 {
        IpAddr::V4(Ipv4Addr::from(u32::try_from(value).unwrap_or(u32::MAX)))
    } else {
        IpAddr::V6(Ipv6Addr::from(value))
    }
}

impl fmt::Display for AddressSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cidrs().join(", "))
    }
}

impl Serialize for AddressSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.cidrs().serialize(serializer)
    }
}

/// A set of ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PortSet(Intervals);

impl PortSet {
    /// No port.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every port.
    #[must_use]
    pub fn all() -> Self {
        Self::range(0, u16::MAX)
    }

    /// What a client may use as its own port: 1024 and above are open to any program, and to NAT gateways and load
    /// balancers; lower ones take a privileged program, which an attacker has.
    #[must_use]
    pub fn client() -> Self {
        Self::range(1, u16::MAX)
    }

    /// What NAT gateways and load balancers use as their own port:
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>.
    #[must_use]
    pub fn translated() -> Self {
        Self::range(1024, u16::MAX)
    }

    /// What a usual Linux client uses as its own port.
    #[must_use]
    pub fn usual_ephemeral() -> Self {
        Self::range(32768, 60999)
    }

    /// One port.
    #[must_use]
    pub fn single(port: u16) -> Self {
        Self::range(port, port)
    }

    /// The ports from one to another, both included.
    #[must_use]
    pub fn range(first: u16, last: u16) -> Self {
        Self(Intervals::of([(u128::from(first), u128::from(last))]))
    }

    /// The ports of a range as AWS writes it; numbers outside 0 to 65535 are cut off.
    #[must_use]
    pub fn clamped(first: i64, last: i64) -> Self {
        let clamp = |value: i64| u128::try_from(value.max(0)).unwrap_or(0);
        if last < 0 || clamp(first) > PORT_MAX {
            return Self::empty();
        }
        Self(Intervals::of([(clamp(first), clamp(last).min(PORT_MAX))]))
    }

    /// Whether a port is in the set.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.contains(u128::from(port))
    }

    /// Whether no port is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// Ports in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }

    /// Ports in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self(self.0.intersect(&other.0))
    }

    /// Ports in this set and not in the other.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self(self.0.subtract(&other.0))
    }

    /// Whether every port of this set is in the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.subtract(other).is_empty()
    }

    /// The lowest port.
    #[must_use]
    pub fn first(&self) -> Option<u16> {
        self.0.0.first().and_then(|(low, _)| u16::try_from(*low).ok())
    }

    /// This set cut at every edge of the others: within one piece, no other set changes its mind.
    #[must_use]
    pub fn pieces(&self, edges: &[Self]) -> Vec<Self> {
        self.0.pieces(edges.iter().map(|set| &set.0)).into_iter().map(Self).collect()
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::all() {
            return f.write_str("all");
        }
        for (index, (low, high)) in self.0.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if low == high { write!(f, "{comma}{low}")? } else { write!(f, "{comma}{low}-{high}")? }
        }
        Ok(())
    }
}

impl Serialize for PortSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cidrs: &[&str]) -> AddressSet {
        AddressSet::parse_all(cidrs.iter().copied()).unwrap()
    }

    #[test]
    fn halves_are_the_whole() {
        assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"]), set(&["0.0.0.0/0"]));
        assert_eq!(set(&["::/1", "8000::/1"]).to_string(), "::/0");
        assert_eq!(set(&["10.0.0.0/9", "10.128.0.0/9"]).to_string(), "10.0.0.0/8");
    }

    #[test]
    fn algebra() {
        let vpc = set(&["10.0.0.0/16"]);
        let rest = vpc.subtract(&set(&["10.0.1.0/24"]));
        assert!(!rest.contains("10.0.1.7".parse().unwrap()));
        assert_eq!(rest.union(&set(&["10.0.1.0/24"])), vpc);
        assert!(rest.is_within(&vpc) && !vpc.is_within(&rest));
        assert_eq!(rest.intersect(&set(&["10.0.0.0/23"])).to_string(), "10.0.0.0/24");
        assert!(set(&["255.255.255.255/32"]).subtract(&set(&["0.0.0.0/0"])).is_empty());
        assert_eq!(AddressSet::all().subtract(&set(&["::/0"])).to_string(), "0.0.0.0/0");
        assert_eq!(set(&["10.0.0.1/32", "10.0.0.2/31"]).cidrs(), ["10.0.0.1/32", "10.0.0.2/31"]);
        assert_eq!(AddressSet::parse("10.0.0.0/33"), None);
        assert_eq!(AddressSet::parse("10.0.0.9/24"), AddressSet::parse("10.0.0.0/24"));
    }

    #[test]
    fn pieces_cover_and_do_not_straddle() {
        let (a, b) = (set(&["10.0.0.0/24"]), set(&["10.0.0.128/25", "10.0.1.0/25"]));
        let whole = set(&["10.0.0.0/16"]);
        let pieces = whole.pieces(&[&a, &b]);
        assert_eq!(pieces.len(), 4);
        let again = pieces.iter().fold(AddressSet::empty(), |sum, piece| sum.union(piece));
        assert_eq!(again, whole);
        for piece in &pieces {
            for edge in [&a, &b] {
                assert!(piece.is_within(edge) || piece.intersect(edge).is_empty());
            }
        }
    }

    #[test]
    fn ports() {
        let all = PortSet::all();
        assert_eq!(all.subtract(&PortSet::single(22)).to_string(), "0-21,23-65535");
        assert_eq!(PortSet::clamped(-1, -1), PortSet::empty());
        assert_eq!(PortSet::clamped(0, 70000), all);
        assert_eq!(all.pieces(&[PortSet::single(22)]).len(), 3);
    }

    #[test]
    fn private_space_is_not_public() {
        let public = AddressSet::public();
        for private in ["10.1.2.3", "172.31.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "fd00::1", "fe80::1"]
        {
            assert!(!public.contains(private.parse().unwrap()), "{private}");
        }
        assert!(public.contains("8.8.8.8".parse().unwrap()) && public.contains("2600::1".parse().unwrap()));
    }
}
