//! From members of AWS's shapes to values of rules.

use portcullis_snapshot::shapes::Tag;
use portcullis_snapshot::shapes::timestamp::Timestamp;
use portcullis_snapshot::{Missing, Optional, Place, Required};

use super::kind::{Identity, Kind};
use super::value::{Gaps, Object, Value, World};
use crate::gap::Gap;
use crate::kinds::Observed;
use crate::table::Row;

/// What an accessor sees beside the data.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'e> {
    /// Estate and scratch.
    pub world: World<'e>,
    /// The object that is read.
    pub object: Object<'e>,
    /// The member that is read.
    pub member: &'static str,
}

impl<'e> Cx<'e> {
    /// Where the member is read.
    #[must_use]
    pub fn place(&self) -> Place {
        if self.member.is_empty() { self.object.place.clone() } else { self.object.place.member(self.member) }
    }

    /// The gap of a member that is missing.
    #[must_use]
    pub fn gaps(&self, missing: &Missing) -> Gaps {
        self.world.scratch.gap(Gap::member(&self.place(), missing))
    }

    /// The member is not known.
    #[must_use]
    pub fn unknown(&self, missing: &Missing) -> Value<'e> {
        Value::Unknown(self.gaps(missing))
    }

    /// The object is not of the type that the table says: a fault of the table, never of the account.
    #[must_use]
    pub fn mismatch(&self) -> Value<'e> {
        self.world.unknown(Gap::not_modelled(format_args!("{} of {}", self.member, self.object.kind.name)))
    }

    /// A list of parts, each an object of `kind` that is read at the place of its owner's member.
    pub fn parts<T: 'static>(&self, kind: &'static Kind, parts: impl IntoIterator<Item = &'e T>) -> Value<'e> {
        let place = self.world.scratch.place(self.place());
        self.world.list(parts.into_iter().map(|part| self.world.object(kind, part, place)))
    }

    /// The parts of a member that AWS always gives.
    pub fn required_parts<T: 'static>(&self, kind: &'static Kind, parts: &'e Required<Vec<T>>) -> Value<'e> {
        match parts.get() {
            Ok(parts) => self.parts(kind, parts),
            Err(missing) => self.unknown(missing),
        }
    }

    /// The parts of a member that AWS leaves out where there are none.
    pub fn optional_parts<T: 'static>(&self, kind: &'static Kind, parts: &'e Optional<Vec<T>>) -> Value<'e> {
        match parts.get() {
            Ok(parts) => self.parts(kind, parts.into_iter().flatten()),
            Err(missing) => self.unknown(missing),
        }
    }

    /// A list of what each element of a member says.
    pub fn each<T: 'e, C: Cell<'e>>(
        &self,
        parts: impl IntoIterator<Item = &'e T>,
        get: impl Fn(&'e T) -> C,
    ) -> Value<'e> {
        self.world.list(parts.into_iter().map(|part| get(part).cell(self)))
    }

    /// As [`Self::each`], of a member that AWS always gives.
    pub fn each_required<T, C: Cell<'e>>(&self, parts: &'e Required<Vec<T>>, get: impl Fn(&'e T) -> C) -> Value<'e> {
        match parts.get() {
            Ok(parts) => self.each(parts, get),
            Err(missing) => self.unknown(missing),
        }
    }

    /// As [`Self::each`], of a member that AWS leaves out where it is empty.
    pub fn each_optional<T, C: Cell<'e>>(&self, parts: &'e Optional<Vec<T>>, get: impl Fn(&'e T) -> C) -> Value<'e> {
        match parts.get() {
            Ok(parts) => self.each(parts.into_iter().flatten(), get),
            Err(missing) => self.unknown(missing),
        }
    }

    /// A value inside an optional member; absent if the member is.
    pub fn within<T, C: Cell<'e>>(&self, outer: &'e Optional<T>, get: impl FnOnce(&'e T) -> C) -> Value<'e> {
        match outer.get() {
            Ok(Some(inner)) => get(inner).cell(self),
            Ok(None) => Value::Null,
            Err(missing) => self.unknown(missing),
        }
    }

    /// A value inside an optional member without which nothing is known.
    pub fn must<T, C: Cell<'e>>(&self, outer: &'e Optional<T>, get: impl FnOnce(&'e T) -> C) -> Value<'e> {
        match outer.get() {
            Ok(Some(inner)) => get(inner).cell(self),
            Ok(None) => self.unknown(&Missing::absent()),
            Err(missing) => self.unknown(missing),
        }
    }

    /// A value inside a member that AWS always gives.
    pub fn of<T, C: Cell<'e>>(&self, outer: &'e Required<T>, get: impl FnOnce(&'e T) -> C) -> Value<'e> {
        match outer.get() {
            Ok(inner) => get(inner).cell(self),
            Err(missing) => self.unknown(missing),
        }
    }

    /// The one answer that was asked for this object's `parent`: known to be absent where the service said so.
    pub fn child<T: Observed>(&self, parent: &str) -> Result<Option<&'e Row<T>>, Value<'e>> {
        let here = self.object.identity();
        match self.world.estate.coverage.gap_of_parent(here.account, here.region, T::CALL, parent) {
            Some(gap) => Err(self.world.unknown(gap)),
            None => Ok(T::table(self.world.estate)
                .of_parent(parent)
                .map(|(_, row)| row)
                .find(|row| &*row.account == here.account && &*row.region == here.region)),
        }
    }

    /// What that answer says; `absent` where the service said that there is none.
    pub fn ask<T: Observed, C: Cell<'e>>(
        &self,
        parent: &str,
        get: impl FnOnce(&'e T) -> C,
        absent: impl FnOnce() -> Value<'e>,
    ) -> Value<'e> {
        match self.child::<T>(parent) {
            Ok(Some(row)) => get(&row.data).cell(self),
            Ok(None) => absent(),
            Err(unknown) => unknown,
        }
    }

    /// As [`Self::ask`], where an answer without the thing is no answer.
    pub fn told<T: Observed, C: Cell<'e>>(&self, parent: &str, get: impl FnOnce(&'e T) -> C) -> Value<'e> {
        self.ask::<T, C>(parent, get, || {
            self.world.unknown(Gap::other(format_args!("{} for {parent}", T::CALL), "not in the answer"))
        })
    }

    /// The resources of some ids.
    pub fn linked_list<T: Observed>(&self, kind: &'static Kind, ids: impl IntoIterator<Item = &'e str>) -> Value<'e> {
        self.world.list(ids.into_iter().map(|id| self.linked::<T>(kind, id)))
    }

    /// The resource of an id, in the account and region of this one; unknown if its listing does not hold it.
    pub fn linked<T: Observed>(&self, kind: &'static Kind, id: &str) -> Value<'e> {
        let here = self.object.identity();
        let table = T::table(self.world.estate);
        let found = table
            .find(id)
            .map(|(_, row)| row)
            .find(|row| &*row.account == here.account && &*row.region == here.region)
            .or_else(|| table.first(id).map(|(_, row)| row));
        if let Some(row) = found {
            return self.world.object(kind, row, &row.place);
        }
        let gap = self.world.estate.coverage.gap(here.account, here.region, T::CALL).unwrap_or_else(|| {
            Gap::other(format_args!("{} {id}", T::KIND), format_args!("not in the answer of {}", T::CALL))
        });
        self.world.unknown(gap)
    }

    /// The rows that were asked for this object's `parent`, or why they are not known.
    pub fn children<T: Observed>(
        &self,
        parent: &str,
    ) -> Result<impl Iterator<Item = &'e Row<T>> + use<'e, T>, Value<'e>> {
        let here = self.object.identity();
        match self.world.estate.coverage.gap_of_parent(here.account, here.region, T::CALL, parent) {
            Some(gap) => Err(self.world.unknown(gap)),
            None => Ok(T::table(self.world.estate).of_parent(parent).map(|(_, row)| row)),
        }
    }

    /// Whole days since a time; unknown if *now* is not.
    pub fn age_days(&self, time: &str) -> Value<'e> {
        self.age(time, 86_400)
    }

    /// Whole hours since a time; unknown if *now* is not.
    pub fn age_hours(&self, time: &str) -> Value<'e> {
        self.age(time, 3_600)
    }

    fn age(&self, time: &str, unit: i64) -> Value<'e> {
        let Some(now) = self.world.estate.now else {
            return self.world.unknown(Gap::other("the time of collecting", "not known; give `--now`"));
        };
        // Older clients write seconds since 1970.
        let seconds = || {
            let since = jiff::SignedDuration::try_from_secs_f64(time.parse().ok()?).ok()?;
            jiff::Timestamp::from_duration(since).ok()
        };
        match time.parse::<jiff::Timestamp>().ok().or_else(seconds) {
            Some(then) => Value::Int(now.duration_since(then).as_secs().div_euclid(unit)),
            None => self.world.unknown(Gap::other(self.place(), "not a time")),
        }
    }
}

/// Anything that an accessor may answer.
pub trait Cell<'e> {
    /// As a value of rules.
    fn cell(self, cx: &Cx<'e>) -> Value<'e>;
}

impl<'e> Cell<'e> for Value<'e> {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        self
    }
}
/// The error is the unknown value.
impl<'e, T: Cell<'e>> Cell<'e> for Result<T, Value<'e>> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self {
            Ok(found) => found.cell(cx),
            Err(unknown) => unknown,
        }
    }
}
impl<'e> Cell<'e> for bool {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Bool(self)
    }
}
impl<'e> Cell<'e> for i64 {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Int(self)
    }
}
impl<'e> Cell<'e> for &'e bool {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Bool(*self)
    }
}
impl<'e> Cell<'e> for &'e i64 {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Int(*self)
    }
}
impl<'e> Cell<'e> for &'e str {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Str(self)
    }
}
impl<'e> Cell<'e> for String {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        Value::Str(cx.world.scratch.text(self))
    }
}
impl<'e> Cell<'e> for &'e String {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Str(self)
    }
}
impl<'e> Cell<'e> for &'e u64 {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}
impl<'e> Cell<'e> for &'e Timestamp {
    fn cell(self, _: &Cx<'e>) -> Value<'e> {
        Value::Str(&self.0)
    }
}
/// The answer of a member that was read out of another one.
impl<'e, T: Cell<'e>> Cell<'e> for Required<T> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self {
            Self::Known(value) => value.cell(cx),
            Self::Unknown(missing) => cx.unknown(&missing),
        }
    }
}
impl<'e, T: Cell<'e>> Cell<'e> for Optional<T> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self {
            Self::Known(value) => value.cell(cx),
            Self::Absent => Value::Null,
            Self::Unknown(missing) => cx.unknown(&missing),
        }
    }
}
impl<'e> Cell<'e> for &'e Vec<String> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        cx.world.list(self.iter().map(|text| Value::Str(text)))
    }
}
impl<'e> Cell<'e> for &'e Vec<Tag> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        cx.world.scratch.map(self.iter().map(|tag| (tag.key.as_str(), Value::Str(&tag.value))), None)
    }
}
impl<'e, T> Cell<'e> for Option<T>
where
    T: Cell<'e>,
{
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        self.map_or(Value::Null, |inner| inner.cell(cx))
    }
}
impl<'e, T> Cell<'e> for &'e Required<T>
where
    &'e T: Cell<'e>,
{
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self.get() {
            Ok(value) => value.cell(cx),
            Err(missing) => cx.unknown(missing),
        }
    }
}

/// Absent means *no value* here; a list or map that AWS leaves out when empty is read with [`OrEmpty`].
impl<'e, T> Cell<'e> for &'e Optional<T>
where
    &'e T: Cell<'e>,
{
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self.get() {
            Ok(Some(value)) => value.cell(cx),
            Ok(None) => Value::Null,
            Err(missing) => cx.unknown(missing),
        }
    }
}

/// A list or map that AWS leaves out when it is empty.
#[derive(Debug)]
pub struct OrEmpty<'e, T>(pub &'e Optional<T>);

impl<'e> Cell<'e> for OrEmpty<'e, Vec<Tag>> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self.0.get() {
            Ok(Some(tags)) => tags.cell(cx),
            Ok(None) => cx.world.scratch.map([], None),
            Err(missing) => cx.unknown(missing),
        }
    }
}
impl<'e> Cell<'e> for OrEmpty<'e, Vec<String>> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self.0.get() {
            Ok(texts) => cx.world.list(texts.into_iter().flatten().map(|text| Value::Str(text))),
            Err(missing) => cx.unknown(missing),
        }
    }
}

/// A flag that AWS leaves out when it is off.
#[derive(Debug)]
pub struct OrFalse<'e>(pub &'e Optional<bool>);

impl<'e> Cell<'e> for OrFalse<'e> {
    fn cell(self, cx: &Cx<'e>) -> Value<'e> {
        match self.0.get() {
            Ok(flag) => Value::Bool(flag.copied().unwrap_or(false)),
            Err(missing) => cx.unknown(missing),
        }
    }
}

/// The objects of a kind that is a table of the estate.
pub fn rows<'e, T: Observed>(world: &World<'e>, kind: &'static Kind) -> Vec<Object<'e>> {
    T::table(world.estate).iter().map(|(_, row)| Object { kind, data: row, place: &row.place }).collect()
}

/// Account, region and id of a row.
pub fn row_identity<T: 'static>(object: Object<'_>) -> Identity<'_> {
    object.data.downcast_ref::<Row<T>>().map_or_else(Identity::default, |row| Identity {
        account: &row.account,
        region: &row.region,
        id: &row.id,
    })
}
