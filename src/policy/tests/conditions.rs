//! Conditions: what the checker refuses, and Kleene logic.

use proptest::prelude::*;

use super::*;

fn thing() -> Thing {
    Thing::default()
}

#[test]
fn faults_name_the_mistake_and_how_to_mend_it() {
    for (text, fault) in [
        ("t.opne", "error: `thing` has no field `opne` (did you mean `open`?)"),
        ("u.open", "error: nothing is bound to `u` (did you mean `t`?)"),
        (
            "t.port == '5432'",
            "error: comparing an int with a string is always false (leave the quotes out, or put them in)",
        ),
        (
            "t.port != '5432'",
            "error: comparing an int with a string is always true (leave the quotes out, or put them in)",
        ),
        (
            "t.open == 'yes'",
            "error: comparing a bool with a string is always false (a bool stands for itself: `x`, `!x`)",
        ),
        ("t.parts.all(p, p.wieght > 3)", "error: `part` has no field `wieght` (did you mean `weight`?)"),
        ("[].all(p, p.nope)", "error: nothing has no fields"),
        ("nofunc()", "error: there is no function `nofunc` (known here: `fake.into`, `size`)"),
        ("fake.int(t, 1).isEmpty()", "error: there is no function `fake.int` (did you mean `fake.into`?)"),
        (
            "fake.into(t)",
            "error: `fake.into` takes 2 arguments, 1 given (`fake.into(target: rds.instance or thing, port: int) → list<path>`)",
        ),
        (
            "t.name == 'x'",
            "error: `t.name` may be absent (say what then: `t.name != null && …`, or `t.name == null || …`)",
        ),
        (
            "t.tags['a'] == 'x'",
            "error: `t.tags[\"a\"]` may be absent (say what then: `t.tags[\"a\"] != null && …`, or `t.tags[\"a\"] == null || …`)",
        ),
        (
            "t.open != null",
            "error: `t.open` (a bool) is never absent (only an optional field or a map's entry can be `null`)",
        ),
        ("t.mode == 'al'", "error: it is never 'al' (did you mean `all`?)"),
        ("t.mode in ['all', 'nine']", "error: it is never 'nine' (did you mean `none`?)"),
        (
            "t.port in t.names",
            "error: comparing an int with a string is always false (leave the quotes out, or put them in)",
        ),
        (
            "t.names == ['a']",
            "error: comparing a list of strings with a list of strings is always false (compare the elements: `.all(x, …)`, or ask `x in list`)",
        ),
        ("t.port", "error: expected a condition"),
        ("t.parts.all(p, true)", "error: says nothing about `p` (use the element, or ask `isEmpty()`)"),
        ("t.parts.all(t, t.weight > 1)", "error: `t` is already bound (use another name)"),
        ("params.nope > 3", "error: no parameter `nope` is declared under `params`"),
        ("params.dyas > 3", "error: no parameter `dyas` is declared under `params` (did you mean `days`?)"),
        ("t in params.bastion", "error: `thing` is never in a selector of `ec2.instance`"),
        ("t.names['a'] == 'b'", "error: expected a map, found a list of strings"),
        ("t.tags.a == 'b'", "error: a map of strings has no fields (a key is written `['a']`)"),
        (
            "t.parts.weight > 3",
            "error: a list of `part` has no fields (ask its elements: `.all(x, …)` or `.exists(x, …)`)",
        ),
        ("t.name.contains('x')", "error: `t.name` may be absent"),
        ("t.?name == 'x'", "error: expected a field, found `?`"),
        ("[1, 'a'].exists(x, x == 1)", "error: a list of an int cannot hold a string"),
    ] {
        let found = about(&thing(), text);
        // A value is no condition, but a value for `about`.
        if text == "t.port" {
            assert_eq!(found, "5432");
            continue;
        }
        assert!(found.starts_with(fault), "{text}\n found {found}\nwanted {fault}");
    }
}

#[test]
fn four_nested_lists_are_refused() {
    let three = "t.parts.all(a, t.parts.all(b, t.parts.exists(c, a.weight + b.weight == c.weight)))";
    assert_eq!(about(&thing(), three), "true");
    let four =
        "t.parts.all(a, t.parts.all(b, t.parts.all(c, t.parts.exists(d, a.weight + b.weight + c.weight == d.weight))))";
    assert!(about(&thing(), four).starts_with("error: more than 3 lists are nested"));
}

#[test]
fn a_literal_of_many_elements_costs_what_it_costs() {
    let list = format!("[{}]", (0..2_000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let text = format!("{list}.all(a, t.port != a)");
    assert!(text.len() > 8_000);
    assert!(about(&thing(), &text).starts_with("error: the expression is longer than"));
    let list = format!("[{}]", (0..400).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let text = format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c != t.port)))");
    assert!(about(&thing(), &text).starts_with("error: may take too long"), "{}", about(&thing(), &text));
}

#[test]
fn absence_is_tested_by_flow() {
    let named = Thing { name: Optional::Known("x".into()), ..thing() };
    for (text, without, with) in [
        ("t.name != null && t.name == 'x'", "false", "true"),
        ("t.name == null || t.name == 'x'", "true", "true"),
        ("!(t.name == null) && t.name.startsWith('x')", "false", "true"),
        ("t.name != null ? t.name == 'x' : false", "false", "true"),
        ("t.open && t.name != null && t.name in ['x', 'y']", "false", "true"),
        ("!(t.name == null || t.name != 'x')", "false", "true"),
    ] {
        assert_eq!(about(&thing(), text), without, "{text}");
        assert_eq!(about(&named, text), with, "{text}");
    }
    // The test of one field says nothing of another, nor of the other branch.
    for text in
        ["t.name != null && t.other == 'x'", "t.name != null || t.name == 'x'", "t.name == null ? t.name == 'x' : true"]
    {
        assert!(about(&thing(), text).contains("may be absent"), "{text}");
    }
}

#[test]
fn two_absences_are_equal() {
    let scratch = Scratch::new();
    let _ = &scratch;
    assert_eq!(about(&thing(), "t.name == null && t.other == null"), "true");
}

#[test]
fn unknown_is_absorbed_only_by_what_decides() {
    let gone = Thing { open: missing("x"), closed: missing("y"), ..thing() };
    let (a, b) = ("f.json#/Things/{Id=t}/Open", "f.json#/Things/{Id=t}/Closed");
    assert_eq!(about(&gone, "t.open && t.closed"), format!("unknown: {b}, {a}"));
    assert_eq!(about(&gone, "t.open || t.closed"), format!("unknown: {b}, {a}"));
    assert_eq!(about(&gone, "t.open && t.port == 1"), "false");
    assert_eq!(about(&gone, "t.port == 1 && t.open"), "false");
    assert_eq!(about(&gone, "t.port == 5432 || t.open"), "true");
    assert_eq!(about(&gone, "t.open || t.port == 5432"), "true");
    assert_eq!(about(&gone, "t.open && t.port == 5432"), format!("unknown: {a}"));
    assert_eq!(about(&gone, "!t.open"), format!("unknown: {a}"));
    assert_eq!(about(&gone, "t.open == t.closed"), format!("unknown: {b}, {a}"));
    assert_eq!(about(&gone, "t.open ? 1 : 1"), "1");
    assert_eq!(about(&gone, "t.open ? 1 : 2"), format!("unknown: {a}"));
}

#[test]
fn an_unknown_element_is_not_skipped() {
    let some = Thing { names: Required::Known(vec!["a".into()]), element_missing: Some("the second name"), ..thing() };
    assert_eq!(about(&some, "'a' in t.names"), "true");
    assert_eq!(about(&some, "'b' in t.names"), "unknown: the second name");
    assert_eq!(about(&some, "t.names.all(n, n == 'a')"), "unknown: the second name");
    assert_eq!(about(&some, "t.names.all(n, n == 'b')"), "false");
    assert_eq!(about(&some, "t.names.exists(n, n == 'a')"), "true");
    assert_eq!(about(&some, "t.names.exists(n, n == 'b')"), "unknown: the second name");
    assert_eq!(about(&some, "t.names.filter(n, n == 'b').isEmpty()"), "unknown: the second name");
    assert_eq!(about(&some, "t.names.filter(n, n == 'a').isEmpty()"), "false");
    assert_eq!(about(&some, "t.names.size()"), "2");
}

#[test]
fn an_unknown_list_keeps_its_reason() {
    let gone = Thing { names: missing("known after apply"), ..thing() };
    for text in [
        "'a' in t.names",
        "t.names.all(n, n == 'a')",
        "t.names.isEmpty()",
        "t.names.size() == 0",
        "t.names.map(n, n).size() > 1",
    ] {
        assert_eq!(about(&gone, text), "unknown: f.json#/Things/{Id=t}/Names", "{text}");
    }
}

#[test]
fn an_incomplete_list_decides_only_what_it_shows() {
    let parts = vec![Part { weight: Required::Known(1) }, Part { weight: Required::Known(9) }];
    let part = Thing { parts, parts_missing: Some("page two"), ..thing() };
    let unknown = "unknown: page two";
    for (text, expected) in [
        ("t.parts.all(p, p.weight < 100)", unknown),
        ("t.parts.all(p, p.weight < 5)", "false"),
        ("t.parts.exists(p, p.weight == 9)", "true"),
        ("t.parts.exists(p, p.weight == 7)", unknown),
        ("t.parts.isEmpty()", "false"),
        ("t.parts.size() == 0", "false"),
        ("t.parts.size() == 2", unknown),
        ("t.parts.size() > 1", "true"),
        ("t.parts.size() > 2", unknown),
        ("t.parts.size() < 2", "false"),
        ("t.parts.size() <= 2", unknown),
        ("9 in t.parts.map(p, p.weight)", "true"),
        ("7 in t.parts.map(p, p.weight)", unknown),
    ] {
        assert_eq!(about(&part, text), expected, "{text}");
    }
    let empty = Thing { parts_missing: Some("page two"), ..thing() };
    for text in
        ["t.parts.isEmpty()", "t.parts.size() == 0", "t.parts.all(p, p.weight > 1)", "t.parts.exists(p, p.weight > 1)"]
    {
        assert_eq!(about(&empty, text), unknown, "{text}");
    }
}

#[test]
fn a_key_that_a_map_may_hide_is_unknown() {
    let tags = vec![("Role".to_owned(), "bastion".to_owned())];
    let whole = Thing { tags: tags.clone(), ..thing() };
    assert_eq!(about(&whole, "t.tags['Role'] != null && t.tags['Role'] == 'bastion'"), "true");
    assert_eq!(about(&whole, "t.tags['Team'] == null"), "true");
    assert_eq!(about(&whole, "'Team' in t.tags"), "false");
    let part = Thing { tags, tags_missing: Some("tags"), ..thing() };
    assert_eq!(about(&part, "t.tags['Role'] != null && t.tags['Role'] == 'bastion'"), "true");
    assert_eq!(about(&part, "t.tags['Team'] == null"), "unknown: tags");
    assert_eq!(about(&part, "t.tags['Team'] != null && t.tags['Team'] == 'x'"), "unknown: tags");
    assert_eq!(about(&part, "'Team' in t.tags"), "unknown: tags");
}

#[test]
fn parameters_that_are_not_configured_are_unknown() {
    assert_eq!(about(&thing(), "params.days > 3"), "unknown: parameter `days`");
    assert_eq!(about(&thing(), "params.set == 3"), "true");
    assert_eq!(about(&thing(), "'198.51.100.0/28' in params.office"), "true");
    assert_eq!(about(&thing(), "'198.51.100.9' in params.office"), "true");
    assert_eq!(about(&thing(), "'198.51.100.16' in params.office"), "false");
    assert_eq!(about(&thing(), "'198.51.100.0/27' in params.office"), "false");
    assert_eq!(about(&thing(), "'198.51.100.0/28' in owned_addresses"), "false");
}

#[test]
fn functions_answer_objects() {
    assert_eq!(about(&thing(), "fake.into(t, t.port).exists(p, p.open)"), "true");
    assert_eq!(about(&thing(), "fake.into(t, t.port).map(p, p.source)"), "a, b");
    let gone = Thing { port: missing("x"), ..thing() };
    assert_eq!(about(&gone, "fake.into(t, t.port).isEmpty()"), "unknown: f.json#/Things/{Id=t}/Port");
}

#[test]
fn numbers_never_overflow() {
    let text = "t.port + 9223372036854775807 > 0";
    assert_eq!(about(&thing(), text), "unknown: a number beyond 64 bits");
}

proptest! {
    /// Replacing a known flag by an unknown one never turns one truth into the other.
    #[test]
    fn less_knowledge_never_flips_a_truth(shape in 0usize..6, open: bool, closed: bool) {
        let texts = [
            "t.open && t.closed", "t.open || !t.closed", "t.open == t.closed", "t.open ? t.closed : !t.closed",
            "[t.open, t.closed].all(x, x)", "[t.open, t.closed].exists(x, !x)",
        ];
        let text = texts[shape];
        let known = Thing { open: Required::Known(open), closed: Required::Known(closed), ..thing() };
        let whole = about(&known, text);
        for less in [Thing { open: missing("a"), ..known.clone() }, Thing { closed: missing("b"), ..known.clone() }] {
            let part = about(&less, text);
            prop_assert!(part == whole || part.starts_with("unknown"), "{text}: {whole} became {part}");
        }
    }

    /// The checker never panics on what the parser takes, and a checked condition evaluates.
    #[test]
    fn nothing_makes_the_checker_panic(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "t", ".open", ".port", ".name", ".parts", ".names", ".tags", "['a']", ".all(x,", ".exists(y,", "x", "y", ")",
                "(", " && ", " || ", "!", " == ", " != ", "null", "3", "'a'", " in ", "[", "]", " + ", " < ", ".size()",
                ".isEmpty()", " ? ", " : ", "fake.into(t, 3)", "params.days", ".weight",
            ]),
            1..24,
        )
    ) {
        let _ = about(&thing(), &parts.concat());
    }
}
