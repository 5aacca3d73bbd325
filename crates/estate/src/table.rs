//! Sorted tables of observed resources; number order is canonical order.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use portcullis_snapshot::Place;

/// The number of a row in the table of its kind.
pub struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Id<T> {
    pub(crate) const fn new(index: u32) -> Self {
        Self(index, PhantomData)
    }

    /// The position in the table.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

// Derives would ask the same of `T`.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One observed resource.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// The account that was asked.
    pub account: Arc<str>,
    /// The region that was asked, or `global`.
    pub region: Arc<str>,
    /// Its id: unique in account, region and kind (with `parent`).
    pub id: Arc<str>,
    /// The parent it was asked for, where the operation is asked once per parent.
    pub parent: Option<Arc<str>>,
    /// Where it was read.
    pub place: Place,
    /// The observed members.
    pub data: T,
}

impl<T> Row<T> {
    fn key(&self) -> (&str, &str, &str, Option<&str>) {
        (&self.account, &self.region, &self.id, self.parent.as_deref())
    }
}

/// All observed resources of one kind, sorted by (account, region, id, parent). Cloning shares the rows.
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: Arc<Vec<Row<T>>>,
    by_id: Arc<HashMap<Arc<str>, Vec<u32>>>,
    by_parent: Arc<HashMap<Arc<str>, Vec<u32>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Arc::default(), by_id: Arc::default(), by_parent: Arc::default() }
    }
}

impl<T> Table<T> {
    /// A table of rows in any order. Of rows with an equal key the first by place is kept.
    pub(crate) fn build(mut rows: Vec<Row<T>>) -> Self {
        rows.sort_by(|a, b| a.key().cmp(&b.key()).then_with(|| a.place.cmp(&b.place)));
        rows.dedup_by(|b, a| a.key() == b.key());
        let mut by_id: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
        let mut by_parent: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
        for (index, row) in (0u32..).zip(&rows) {
            by_id.entry(Arc::clone(&row.id)).or_default().push(index);
            if let Some(parent) = &row.parent {
                by_parent.entry(Arc::clone(parent)).or_default().push(index);
            }
        }
        Self { rows: Arc::new(rows), by_id: Arc::new(by_id), by_parent: Arc::new(by_parent) }
    }

    /// All rows in canonical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Id<T>, &Row<T>)> + DoubleEndedIterator {
        self.rows.iter().enumerate().map(|(index, row)| (Id::new(u32::try_from(index).unwrap_or(u32::MAX)), row))
    }

    /// The rows with this id, over all accounts and regions.
    pub fn find<'a>(&'a self, id: &str) -> impl Iterator<Item = (Id<T>, &'a Row<T>)> + use<'a, T> {
        self.pick(self.by_id.get(id))
    }

    /// The first row with this id; ids that AWS makes (`sg-…`, ARNs) are unique.
    #[must_use]
    pub fn first(&self, id: &str) -> Option<(Id<T>, &Row<T>)> {
        self.find(id).next()
    }

    /// The rows that were asked for this parent.
    pub fn of_parent<'a>(&'a self, parent: &str) -> impl Iterator<Item = (Id<T>, &'a Row<T>)> + use<'a, T> {
        self.pick(self.by_parent.get(parent))
    }

    fn pick<'a>(&'a self, indices: Option<&'a Vec<u32>>) -> impl Iterator<Item = (Id<T>, &'a Row<T>)> + use<'a, T> {
        indices.into_iter().flatten().filter_map(|index| Some((Id::new(*index), self.rows.get(*index as usize)?)))
    }

    /// The row of a number.
    #[must_use]
    pub fn get(&self, id: Id<T>) -> Option<&Row<T>> {
        self.rows.get(id.index())
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<T: Clone> Table<T> {
    /// Changes the observed members of a row: only `fail` and planned changes do this. Ids stay.
    pub fn edit(&mut self, id: Id<T>, change: impl FnOnce(&mut T)) {
        if let Some(row) = Arc::make_mut(&mut self.rows).get_mut(id.index()) {
            change(&mut row.data);
        }
    }

    /// The same rows and more, sorted again.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = Row<T>>) -> Self {
        Self::build(self.rows.iter().cloned().chain(more).collect())
    }
}
