//! Every cell of the recorded server equals what its own privilege functions said.

use portcullis_db::Level;
use portcullis_db::postgres::held::Access;
use portcullis_db::postgres::object::{Kind, Object};
use portcullis_db::postgres::privilege::Privilege;
use portcullis_db::postgres::rows::PUBLIC;

use crate::fixture::{CELLS, catalog, shop};

#[test]
fn sources_equal_the_servers_own_privilege_functions() {
    let catalog = catalog(shop());
    let mut judged = 0;
    let mut wrong = Vec::new();
    for line in CELLS.lines() {
        let (user, name, privilege, now, after): (String, String, String, bool, bool) =
            serde_json::from_str(line).unwrap();
        let wanted = Privilege::parse(&privilege).unwrap();
        let role = catalog.role(&user).unwrap();
        let access = Access::new(&catalog, role.oid, Some("shop"));
        // The functions look neither at the schema nor at the database: neither do sources. A column without an ACL of
        // its own is asked of its table.
        let object = catalog.objects.iter().find(|object| object.shown() == name);
        let (object, column): (&Object, Option<&Object>) = match object {
            Some(object) if object.kind == Kind::Column => {
                let table = catalog.objects.iter().find(|o| o.kind.is_relation() && o.oid == object.oid).unwrap();
                (table, Some(object))
            }
            Some(object) => (object, None),
            None => {
                let table = name.rsplit_once('.').unwrap().0;
                (catalog.objects.iter().find(|object| object.shown() == table).unwrap(), None)
            }
        };
        let holds = access.sources(object, column, wanted);
        let best = holds.iter().map(|hold| hold.level).min();
        let ours = (best == Some(Level::Now), best.is_some_and(|level| level <= Level::AfterSetRole));
        if ours != (now, after) {
            wrong.push(format!("{line}: we say {ours:?}"));
        }
        judged += 1;
    }
    assert_eq!(judged, 594);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// USAGE on the schema and CONNECT on the database are needed too: `noinh` inherits nothing, and CONNECT is checked before
/// any SET ROLE (<https://www.postgresql.org/docs/15/ddl-priv.html>).
#[test]
fn a_privilege_that_cannot_be_used_is_not_effective() {
    let catalog = catalog(shop());
    let orders = catalog.find(Kind::Table, Some("shop"), Some("sales"), "orders").unwrap();
    let usable = |user: &str| {
        let role = catalog.role(user).unwrap();
        Access::new(&catalog, role.oid, Some("shop")).usable(orders).unwrap()
    };
    assert_eq!(usable("svc_app"), Some(Level::Now));
    assert_eq!(usable("noinh"), None);
    // `reader_all` has no USAGE by a grant: pg_read_all_data brings it.
    assert_eq!(usable("reader_all"), Some(Level::Now));
    assert_eq!(usable("expired"), None);
}

#[test]
fn the_witness_is_the_shortest_chain() {
    let catalog = catalog(shop());
    let role = catalog.role("svc_app").unwrap();
    let access = Access::new(&catalog, role.oid, Some("shop"));
    let orders = catalog.find(Kind::Table, Some("shop"), Some("sales"), "orders").unwrap();
    let chain = |privilege| access.chain(&access.sources(orders, None, privilege)[0]);
    assert_eq!(chain(Privilege::Select), ["svc_app", "app_rw", "app_ro"]);
    assert_eq!(chain(Privilege::Insert), ["svc_app", "app_rw"]);
    assert_eq!(chain(Privilege::Delete), ["svc_app"]);
    let notice = catalog.find(Kind::Table, Some("shop"), Some("sales"), "notice").unwrap();
    assert_eq!(access.sources(notice, None, Privilege::Select)[0].role, PUBLIC);
}
