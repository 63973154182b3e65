//! The page holds together, holds everything, and needs nobody.

use std::collections::HashMap;

use quick_xml::XmlVersion;
use quick_xml::events::Event;
use serde_json::json;

use super::scale::grouped;
use super::*;

/// What would load, run or send something.
const FOREIGN_ELEMENTS: [&str; 12] =
    ["script", "link", "img", "image", "iframe", "object", "embed", "base", "form", "use", "foreignObject", "a"];
const FOREIGN_WORDS: [&str; 4] = ["://", "url(", "@import", "javascript:"];

/// An element of a page that is well formed: its name, its attributes, and the text in it and below it.
#[derive(Default, Debug)]
struct Element {
    name: String,
    attributes: HashMap<String, String>,
    text: String,
}

impl Element {
    fn number(&self, attribute: &str) -> f64 {
        self.attributes[attribute].parse().unwrap()
    }
}

/// All elements, in the order of their ends.
fn elements(page: &str) -> Vec<Element> {
    let mut reader = quick_xml::Reader::from_str(page);
    reader.config_mut().expand_empty_elements = true;
    let (mut open, mut ended): (Vec<Element>, Vec<Element>) = (vec![Element::default()], Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
                    let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
                    (attribute.key.0.to_owned(), value.into_owned())
                };
                let attributes = start.attributes().map(|read| attribute(read.unwrap())).collect();
                let name = start.name().0.to_owned();
                open.push(Element { name, attributes, text: String::new() });
            }
            Event::End(_) => {
                let element = open.pop().unwrap();
                open.last_mut().unwrap().text.push_str(&element.text);
                ended.push(element);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
            Event::GeneralRef(reference) => {
                let number = reference.resolve_char_ref().unwrap().map(String::from);
                let known =
                    number.or_else(|| quick_xml::escape::resolve_predefined_entity(&reference).map(str::to_owned));
                open.last_mut().unwrap().text.push_str(&known.unwrap());
            }
            Event::Eof => break,
            Event::DocType(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(open.len(), 1, "{open:?} is still open");
    ended
}

/// The texts of all elements of a name.
fn texts(elements: &[Element], name: &str) -> Vec<String> {
    elements.iter().filter(|element| element.name == name).map(|element| element.text.trim().to_owned()).collect()
}

/// Lines with everything that a line may have.
fn lines() -> Vec<Value> {
    let origin = json!({
        "command": "./run bench --json", "date": "2026-11-27", "program": "dianfu 0.1.0", "cores": "2 of some",
        "memory": "8000 MiB", "kernel": "Linux 6.1", "postgresql": "15.18", "settings": "fsync on"
    });
    let line = |workload: &str, callers: u32, rate: f64| {
        json!({
            "workload": workload, "batch": 8_000, "callers": callers, "accounts": 10_000, "entries": 1_000_000,
            "posted": 931_022, "replayed": 3, "conflicts": 4, "refused": 68_971, "entries_per_s": rate,
            "floor_per_s": 400_000.0, "of_floor": 0.7812, "row_lock_per_s": 4_211.0, "set_function_per_s": 98_120.0,
            "target_per_s": 300_000.0, "of_target": 1.0414, "target_met": true, "p50_ms": 71.25, "p99_ms": 118.5,
            "p999_ms": 1_241.0, "wal_bytes_per_entry": 388.0, "row_lock_wal_bytes_per_entry": 1_204.0,
            "table_bytes_per_entry": 296.0, "book_bytes_per_entry": 317.0, "row_lock_table_bytes_per_entry": 611.0,
            "peak_rss_mb": 61, "start_up_ms": 38.0, "cpu_us_per_entry_us": 2.125, "cpu_us_per_entry_generator": 0.75,
            "cpu_us_per_entry_server": 3.875, "cpu_us_per_entry_idle": 0.25, "generator_us_per_entry": 0.112,
            "verify_per_s": 812_345.0, "alone_per_s": 301_100.0, "shares": [0.625, 0.375], "trial_balance_ms": 41.25,
            "something_new": 17, "verified": true, "origin": origin,
        })
    };
    let mut grown = line("G", 3, 200_000.0);
    grown["growth"] = json!([
        {"entries": 1_000_000, "entries_per_s": 310_000.0, "peak_rss_mb": 58, "start_up_ms": 36.5},
        {"entries": 2_000_000, "entries_per_s": 155_000.0, "peak_rss_mb": 59},
    ]);
    vec![line("U", 3, 312_500.0), line("S", 64, 28_120.0), line("S", 1_024, 118_400.0), grown]
}

#[test]
fn the_page_is_well_formed_and_needs_nobody() {
    let page = page(&lines()).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for element in elements(&page) {
        assert!(!FOREIGN_ELEMENTS.contains(&element.name.as_str()), "{element:?}");
        for name in element.attributes.keys() {
            assert!(!name.starts_with("on") && !["href", "src", "style", "xmlns"].contains(&name.as_str()), "{name}");
        }
    }
    for word in FOREIGN_WORDS {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn the_table_has_every_figure_of_every_line() {
    let lines = lines();
    let page = page(&lines).unwrap();
    let mut rows: HashMap<String, Vec<String>> = HashMap::new();
    let (mut name, mut cells) = (String::new(), Vec::new());
    for element in elements(&page) {
        match element.name.as_str() {
            "code" => name = element.text,
            "td" => cells.push(element.text),
            "tr" => {
                rows.insert(std::mem::take(&mut name), std::mem::take(&mut cells));
            }
            _ => {}
        }
    }
    let says = |value: &Value| match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Number(number) => grouped(number.as_f64().unwrap()),
        Value::Array(shares) => shares.iter().map(ToString::to_string).collect::<Vec<_>>().join(" \u{b7} "),
        other => panic!("{other}"),
    };
    let mut seen = 0;
    for (column, line) in lines.iter().enumerate() {
        let figures = line.as_object().unwrap().iter();
        for (name, value) in figures.filter(|(name, _)| !["workload", "origin", "growth"].contains(&name.as_str())) {
            assert_eq!(rows[name][column], says(value), "{name} of line {column}");
            seen += 1;
        }
    }
    assert_eq!(seen, lines.len() * 37);
    let cells = texts(&elements(&page), "td");
    for piece in ["1,000,000", "310,000", "58", "36.5", "2,000,000", "155,000", "59"] {
        assert!(cells.iter().any(|cell| cell == piece), "{piece}");
    }
}

#[test]
fn charts_say_what_they_show_and_where_it_was_measured() {
    let elements = elements(&page(&lines()).unwrap());
    let of = |name| texts(&elements, name);
    let titles = [
        "The workloads",
        "Entries a second",
        "How long a request takes",
        "Bytes an entry takes",
        "Who uses the processors",
        "Two at once",
        "Growth",
        "How it was measured",
        "All figures",
    ];
    assert_eq!(of("h2"), titles);
    assert_eq!(of("figcaption").len(), 6);
    assert!(of("figcaption").iter().all(|reading| reading.len() > 100));
    let drawings: Vec<&Element> = elements.iter().filter(|element| element.name == "svg").collect();
    assert_eq!(drawings.len(), 7);
    assert!(drawings.iter().all(|drawing| !drawing.attributes["aria-label"].is_empty()));
    assert_eq!(of("pre"), ["./run bench --json"]);
    let facts = of("dd");
    for fact in ["2026-11-27", "dianfu 0.1.0", "2 of some", "8000 MiB", "Linux 6.1", "15.18", "fsync on"] {
        assert!(facts.iter().any(|shown| shown == fact), "{fact}");
    }
}

#[test]
fn bars_are_as_long_as_their_figures() {
    let elements = elements(&page(&lines()).unwrap());
    let bars = elements
        .iter()
        .filter(|element| element.name == "rect")
        .filter(|bar| bar.text.contains("entries a second") && !bar.text.contains("alone") && !bar.text.contains('%'));
    let lengths: Vec<(String, f64)> = bars.map(|bar| (bar.text.clone(), bar.number("width"))).collect();
    assert_eq!(lengths.len(), 16);
    let of = |words: &str| lengths.iter().find(|(says, _)| says.contains(words)).unwrap().1;
    let floor = of("floor: raw COPY, 400,000");
    for (words, rate) in [("Dianfu, 312,500", 312_500.0), ("batch, 98,120", 98_120.0), ("locks, 4,211", 4_211.0)] {
        assert!((of(words) / floor - rate / 400_000.0).abs() < 0.001, "{words}: {} of {floor}", of(words));
    }
}

#[test]
fn words_are_never_marks() {
    let words = "</title><script>alert(1)</script> & \"'";
    let mut line = lines().remove(0);
    line["workload"] = json!(words);
    line["origin"]["command"] = json!(words);
    line[words] = json!(words);
    let elements = elements(&page(&[line]).unwrap());
    assert!(elements.iter().all(|element| element.name != "script"));
    for place in ["b", "pre", "code", "td"] {
        assert!(texts(&elements, place).iter().any(|text| text == words), "{place}");
    }
}

#[test]
fn what_a_line_lacks_is_left_out() {
    let page = page(&[json!({"workload": "U", "floor_per_s": null, "entries_per_s": null})]).unwrap();
    assert_eq!(texts(&elements(&page), "h2"), ["The workloads", "How it was measured", "All figures"]);
    for rate in [0.0, -1.0, 1e300] {
        let line = json!({
            "workload": "?", "entries_per_s": rate, "floor_per_s": rate, "row_lock_per_s": rate, "p50_ms": rate,
            "p99_ms": rate, "p999_ms": rate, "wal_bytes_per_entry": rate, "table_bytes_per_entry": rate,
            "alone_per_s": rate, "cpu_us_per_entry_us": rate, "cpu_us_per_entry_server": rate,
            "growth": [{"entries": 0, "entries_per_s": rate}, {"entries": 0, "entries_per_s": rate}],
        });
        let page = super::page(&[line]).unwrap();
        assert!(!page.contains("NaN") && !page.contains("inf"), "{rate}");
        assert!(elements(&page).iter().filter(|element| element.name == "rect").all(|bar| bar.number("width") >= 0.0));
    }
}

#[test]
fn figures_that_do_not_count_are_told_before_any_figure() {
    let mut lines = lines();
    assert!(!page(&lines).unwrap().contains("class=\"alarm\""));
    lines[0]["origin"]["program"] = json!("dianfu 0.1.0, debug build");
    lines[1]["verified"] = json!(false);
    let page = page(&lines).unwrap();
    for alarm in ["The book of S (8,000 a request, 64 callers) is not right", "A debug build was measured"] {
        assert!(page.find(alarm).unwrap() < page.find("class=\"tiles\"").unwrap(), "{alarm}");
    }
    assert!(page.contains("<strong>3 of 4</strong>"));
}

#[test]
fn the_page_of_printed_lines_is_that_of_the_lines() {
    let lines = lines();
    let printed = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
    assert_eq!(page_of_text(&printed).unwrap(), page(&lines).unwrap());
    let (origin, bare) = (lines[0]["origin"].clone(), json!({"workload": "U", "entries": 5}));
    let origin: Origin = serde_json::from_value(origin).unwrap();
    let placed = page(&[origin.of(&bare)]).unwrap();
    assert!(placed.contains("<pre>./run bench --json</pre>") && placed.contains("5 entries"));
}

#[test]
fn what_is_no_line_is_told_by_its_number() {
    let message = |text: &str| page_of_text(text).unwrap_err().to_string();
    assert_eq!(message("\n"), "there is no line to make a page of");
    assert_eq!(message("{}\n[1]\n"), "line 2 is not a JSON object as --json prints it");
    assert_eq!(message("{}\n{\"p50_ms\": \"x\"}\n"), "object 2 does not have the figures that --json prints");
    assert!(page(&[17]).is_err());
}
