//! Every route against the program's own output, and against the description of the API.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};

use super::schema::check;
use super::server::Server;
use super::{FOLDER, N_DOCUMENTS, english};
use crate::support::eigenlex_in;

/// One server of everything, for all tests of routes that run at once; the last of them ends it.
static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());

fn server() -> Arc<Server> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = server.upgrade() {
        return running;
    }
    let names = ["--name", "en", "vec", "map", "chain"];
    let models = [english(), "v.vec", "map", "chain", "--no-page", "-q"];
    let documents = ["--in", "texts", "--labels", "labels"];
    let started = Arc::new(Server::start(&FOLDER, &[&models[..], &names, &documents].concat()));
    *server = Arc::downgrade(&started);
    started
}

/// The lines of JSON that the program prints.
#[track_caller]
fn printed(line: &[&str]) -> Vec<Value> {
    let line = [line, &["--format", "json"]].concat();
    let output = eigenlex_in(&FOLDER).args(line).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn en(path: &str) -> String {
    format!("/api/v1/models/en/{path}")
}

#[test]
fn what_is_served_is_listed() {
    let server = server();
    let models = server.json("/api/v1/models");
    let models = models["models"].as_array().unwrap();
    let names: Vec<[&str; 2]> = models
        .iter()
        .map(|it| [it["name"].as_str().unwrap(), it["kind"].as_str().unwrap()])
        .collect();
    let expected = [["en", "model"], ["vec", "vectors"], ["map", "map"], ["chain", "chain"]];
    assert_eq!(names, expected);
    assert_eq!(models[0]["n_documents"], N_DOCUMENTS);
    assert_eq!(models[1]["n_words"], 300);
    assert_eq!(models[2]["languages"], json!(["source", "target"]));
    assert_eq!(models[3]["slices"], json!(["then", "now"]));
    let info = &printed(&["info", english()])[0];
    assert_eq!(models[0]["digest"], info["digest"]);
    assert_eq!(server.json(&en("info")), *info);
    assert_eq!(server.json("/api/v1/models/map/map"), printed(&["info", "map"])[0]);
    assert_eq!(server.json("/api/v1/health"), json!({"status": "ok"}));
}

#[test]
fn words_have_the_answers_of_the_program() {
    let server = server();
    for (model, path) in [("en", english()), ("vec", "v.vec")] {
        for top in ["1", "7", "50"] {
            let address = format!("/api/v1/models/{model}/neighbors?word=King&top={top}");
            let found = server.json(&address);
            let expected = &printed(&["neighbors", path, "King", "-k", top])[0];
            assert_eq!((&found["neighbors"], &found["word"]), (expected, &json!("king")));
        }
    }
    let expression = "king+-+man+%2B+woman";
    for method in ["add", "mul"] {
        let found = server.json(&en(&format!("math?expression={expression}&method={method}")));
        let line = ["math", english(), "king - man + woman", "--method", method];
        assert_eq!(found["answers"], printed(&line)[0]);
        assert_eq!(found["words"], json!(["king", "man", "woman"]));
    }
    let found = server.json(&en("similarity?word=king&word=queen"));
    assert_eq!(found, printed(&["similarity", english(), "king", "queen"])[0]);
    let found = server.json(&en("odd-one-out?word=king&word=queen&word=oven"));
    assert_eq!(found["words"], printed(&["odd-one-out", english(), "king", "queen", "oven"])[0]);
    // Restrictions, and words that are guessed.
    let found = server.json(&en("neighbors?word=king&exclude=queen&exclude=prince&top=5"));
    let line = ["neighbors", english(), "king", "--exclude", "queen,prince", "-k", "5"];
    assert_eq!(found["neighbors"], printed(&line)[0]);
    let found = server.json(&en("neighbors?word=king&restrict_to=queen&restrict_to=oven"));
    let line = ["neighbors", english(), "king", "--restrict-to", "queen,oven"];
    assert_eq!(found["neighbors"], printed(&line)[0]);
    let found = server.json(&en("neighbors?word=kingly&guess=true"));
    assert_eq!(found["guessed"], json!(["kingly"]));
    let line = ["neighbors", english(), "kingly", "--unknown", "spelling"];
    let printed = &printed(&line)[0];
    let words = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|it| it["word"].clone()).collect()
    };
    assert_eq!(words(&found["neighbors"]), words(printed));
}

#[test]
fn words_are_found_by_their_beginning_and_their_spelling() {
    let server = server();
    let found = server.json(&en("words?q=Ki&top=3"));
    let words = found["words"].as_array().unwrap();
    let ranks: Vec<u64> = words.iter().map(|it| it["rank"].as_u64().unwrap()).collect();
    assert!(ranks.is_sorted() && words.len() == 3, "{found}");
    assert!(words.iter().all(|it| it["word"].as_str().unwrap().starts_with("ki")));
    let next = server.json(&en("words?q=ki&top=2&offset=1"));
    assert_eq!(next["words"].as_array().unwrap()[..], words[1..]);
    let all = server.json(&en("words?top=2"));
    assert_eq!(all["words"][0]["rank"], 1);
    assert_eq!(all["total"], server.json("/api/v1/models")["models"][0]["n_words"]);
    let none = server.json(&en("words?q=quene"));
    assert_eq!((none["total"].as_u64(), &none["suggestions"][0]), (Some(0), &json!("queen")));
    let card = server.json(&en("words/king?top=3"));
    let expected = printed(&["neighbors", english(), "king", "-k", "3"]);
    assert_eq!(card["neighbors"], expected[0]);
    assert!(card["count"].as_u64() >= card["documents"].as_u64() && card["count"].is_u64());
    // Vectors of another program have no counts.
    assert!(server.json("/api/v1/models/vec/words/king").get("count").is_none());
}

#[test]
fn an_axis_has_its_poles_at_the_ends() {
    let server = server();
    let found = server.json(&en("axis?from=man&to=woman&top=20"));
    let words = found["words"].as_array().unwrap();
    assert_eq!(words.len(), 20);
    let pair = &printed(&["similarity", english(), "man", "woman"])[0];
    assert_eq!(found["similarity"], pair["similarity"]);
    for it in words {
        let number = |name: &str| it[name].as_f64().unwrap();
        let word = it["word"].as_str().unwrap();
        let one = &printed(&["similarity", english(), "man", word])[0]["similarity"];
        assert_eq!(&it["similarity_to_from"], one);
        let whole = 1.0 - found["similarity"].as_f64().unwrap();
        let place = (number("similarity_to_to") - number("similarity_to_from")) / whole;
        assert!((place.clamp(-1.0, 1.0) - number("place")).abs() < 1e-4, "{it}");
        assert!(word != "man" && word != "woman");
    }
    assert_eq!(server.fails(&en("axis?from=man&to=Man")).0, 400);
}

#[test]
fn documents_have_the_answers_of_the_program() {
    let server = server();
    let found = server.json(&en("documents?q=the+queen+and+the+bread&top=7"));
    let search = ["search", english(), "the queen and the bread", "--in", "texts", "-k", "7"];
    assert_eq!(found["documents"], printed(&search)[0]);
    let words = server.json(&en("documents?q=script&by=words&top=3"));
    assert_eq!(words["documents"][0]["document"], N_DOCUMENTS);
    let meaning = server.json(&en("documents?q=queen&by=meaning&top=3"));
    assert!(meaning["documents"][0]["similarity"].is_number());
    let similar = server.json(&en("similar-documents?document=17&top=5"));
    let line = ["similar-documents", english(), "17", "--in", "texts", "-k", "5"];
    assert_eq!(similar["documents"], printed(&line)[0]);
    let last = server.json(&en(&format!("documents/{N_DOCUMENTS}")));
    assert_eq!(last["text"], "the king </script><b> said");
    assert_eq!(last["label"], "class1");
    let named = server.json(&en("documents/texts%3A5"));
    assert_eq!(named["document"], 5);
    // A word that stands out occurs in the text.
    let text = named["text"].as_str().unwrap().to_lowercase();
    let words = named["words"].as_array().unwrap();
    assert!(!words.is_empty());
    assert!(words.iter().all(|it| text.contains(it["word"].as_str().unwrap())));
    let page = server.json(&en("documents?offset=399&top=5"));
    assert_eq!(page["total"], N_DOCUMENTS);
    assert_eq!(page["documents"].as_array().unwrap().len(), 2);
}

#[test]
fn languages_have_the_answers_of_the_program() {
    let server = server();
    for retrieval in ["csls", "nearest"] {
        for (reverse, word) in [("false", "king"), ("true", "rey")] {
            let options = format!("word={word}&top=4&retrieval={retrieval}&reverse={reverse}");
            let found = server.json(&format!("/api/v1/models/map/translate?{options}"));
            let mut line = vec!["translate", "map", word, "-k", "4", "--retrieval", retrieval];
            line.extend((reverse == "true").then_some("--reverse"));
            let expected = &printed(&line)[0];
            let numbers = |list: &Value| -> Vec<(String, i64)> {
                let list = list.as_array().unwrap().iter();
                let rounded = |it: &Value| (it.as_f64().unwrap() * 1e5).round() as i64;
                list.map(|it| (it["word"].to_string(), rounded(&it["similarity"]))).collect()
            };
            assert_eq!(numbers(&found["translations"]), numbers(expected));
        }
    }
    let by_name = server.json("/api/v1/models/map/translate?word=rey&from=target&to=source");
    assert_eq!(by_name["translations"][0]["word"], "king");
}

#[test]
fn time_has_the_answers_of_the_program() {
    let server = server();
    let names = server.json("/api/v1/models/chain/slices");
    assert_eq!(names, json!({"slices": ["then", "now"]}));
    let moved = server.json("/api/v1/models/chain/drift?top=4");
    assert_eq!(moved["moved"], printed(&["drift", "chain", "-k", "4"])[0]);
    let word = server.json("/api/v1/models/chain/drift?word=King&top=4");
    assert_eq!(word, printed(&["drift", "chain", "King", "-k", "4"])[0]);
}

#[test]
fn many_are_asked_in_one_request() {
    let server = server();
    let words = ["king", "queen", "oven", "bread", "paris", "london", "nosuchword", "house"];
    let body = json!({"words": words, "top": 3}).to_string();
    let found = server.post(&en("neighbors"), &body).json();
    let answers = found["answers"].as_array().unwrap();
    assert_eq!(answers.len(), words.len());
    for (answer, word) in answers.iter().zip(words) {
        match word {
            "nosuchword" => assert_eq!(answer["error"]["status"], 404),
            word => {
                let expected = printed(&["neighbors", english(), word, "-k", "3"]);
                assert_eq!(answer["neighbors"], expected[0]);
            }
        }
    }
    let body = json!({"expressions": ["king - man + woman", "((", "queen"], "method": "add"});
    let found = server.post(&en("math"), &body.to_string()).json();
    let line = ["math", english(), "king - man + woman", "--method", "add"];
    assert_eq!(found["answers"][0]["answers"], printed(&line)[0]);
    assert_eq!(found["answers"][1]["error"]["status"], 400);
    let body = json!({"pairs": [["king", "queen"], ["king"], "king"]}).to_string();
    let found = server.post(&en("similarity"), &body).json();
    let pair = printed(&["similarity", english(), "king", "queen"]);
    assert_eq!(found["answers"][0], pair[0]);
    assert_eq!(found["answers"][2]["error"]["status"], 400);
    let body = json!({"words": ["king", "queen"]}).to_string();
    let found = server.post("/api/v1/models/map/translate", &body).json();
    assert_eq!(found["answers"][0]["translations"][0]["word"], "rey");
}

#[test]
fn mistakes_have_the_sentence_of_the_program() {
    let server = server();
    for (path, status, says, hint) in [
        (en("neighbors?word=kingg"), 404, "the word `kingg` is not in the", "did you mean `king`"),
        (en("neighbors"), 400, "`word` is missing", ""),
        (en("neighbors?word=king&top=5000"), 400, "expected a whole number from 1 to 1000", ""),
        (en("neighbors?wrod=king"), 400, "there is no parameter `wrod`", "it takes `word`"),
        (en("math?expression=king+-"), 400, "king -", "write it as"),
        (en("similarity?word=king"), 400, "`word` is given 1 times, expected 2", "word=king&"),
        (en("documents/9999"), 404, "there are 401 documents", ""),
        (en("documents/..%2F..%2Fetc%2Fpasswd"), 404, "no file of this name was read", ""),
        (en("translate?word=king"), 404, "`en` has no second language", "name a map"),
        (en("words/%FF"), 400, "the address is not UTF-8", ""),
        (en("nonsense"), 404, "there is nothing at this address", "openapi.json"),
        ("/api/v1/models/es/info".into(), 404, "there is no model `es` here", "`en`"),
        ("/api/v1/models/map/neighbors?word=a".into(), 404, "`map` has no words of one", "model"),
        ("/api/v1/models/map/translate?word=qqzz".into(), 404, "the word `qqzz` is not in", ""),
        ("/api/v1/models/map/translate?word=king&from=xx".into(), 400, "no language `xx`", "sou"),
        ("/api/v1/models/chain/drift?word=qqzz".into(), 404, "the word `qqzz` is not in", ""),
        (
            "/api/v1/models/vec/neighbors?word=kinglike&guess=true".into(),
            404,
            "words cannot be guessed",
            "",
        ),
    ] {
        let (found, message, hinted) = server.fails(&path);
        assert!(found == status && message.contains(says), "{path}: {found} {message}");
        assert!(hinted.contains(hint), "{path}: {hinted}");
    }
}

/// Questions that every route answers, with the model that it is asked of.
const EXAMPLES: [(&str, &str, &str); 16] = [
    ("/info", "en", ""),
    ("/words", "en", "q=ki"),
    ("/words/{word}", "en", "king"),
    ("/neighbors", "en", "word=king"),
    ("/similarity", "en", "word=king&word=queen"),
    ("/math", "en", "expression=king+-+man+%2B+woman"),
    ("/odd-one-out", "en", "word=king&word=queen&word=oven"),
    ("/axis", "en", "from=man&to=woman"),
    ("/documents", "en", "q=bread"),
    ("/documents/{document}", "en", "3"),
    ("/similar-documents", "en", "document=3"),
    ("/map", "map", ""),
    ("/languages", "map", ""),
    ("/translate", "map", "word=king"),
    ("/slices", "chain", ""),
    ("/drift", "chain", "word=king"),
];

#[test]
fn the_description_describes_every_route_and_every_answer() {
    let server = server();
    let all = server.json("/api/v1/openapi.json");
    assert_eq!(all["openapi"], "3.1.0");
    let paths = all["paths"].as_object().unwrap();
    let prefix = "/api/v1/models/{model}";
    let of_models: BTreeSet<&str> =
        paths.keys().filter_map(|path| path.strip_prefix(prefix)).collect();
    let examples: BTreeSet<&str> = EXAMPLES.iter().map(|it| it.0).collect();
    assert_eq!(of_models, examples);
    assert_eq!(paths.len(), EXAMPLES.len() + 3);
    let mut ids = BTreeSet::new();
    for (path, model, asked) in EXAMPLES {
        let operation = &paths[&format!("{prefix}{path}")]["get"];
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        ids.insert(schema["$ref"].to_string());
        let address = match path.split_once('{') {
            Some((begin, _)) => format!("/api/v1/models/{model}{begin}{asked}"),
            None => format!("/api/v1/models/{model}{path}?{asked}"),
        };
        let answer = server.json(&address);
        check(&answer, schema, &all).unwrap_or_else(|wrong| panic!("{address}: {wrong}"));
        // Each parameter that is described is taken, and no other is.
        let names = operation["parameters"].as_array().unwrap().iter();
        let names: Vec<&str> = names.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names[0], "model");
        let (status, message, hint) =
            server.fails(&format!("{}{}nosuch=1", address.split('?').next().unwrap(), '?'));
        assert!(status == 400 && message.contains("`nosuch`"), "{message}");
        for name in &names[1..] {
            assert!(hint.contains(&format!("`{name}`")), "{path}: {hint}");
        }
        assert_eq!(hint.matches('`').count(), 2 * (names.len() - 1), "{path}: {hint}");
    }
    for path in ["models", "health", "openapi.json"] {
        let path = format!("/api/v1/{path}");
        let operation = &paths[&path]["get"];
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        ids.insert(schema["$ref"].to_string());
        check(&server.json(&path), schema, &all).unwrap();
    }
    let most_moved = server.json("/api/v1/models/chain/drift");
    check(&most_moved, &json!({"$ref": "#/components/schemas/Drift"}), &all).unwrap();
    let listed = server.json(&en("documents?top=2"));
    check(&listed, &json!({"$ref": "#/components/schemas/Documents"}), &all).unwrap();
    let error = server.get(&en("neighbors?word=kingg")).json();
    check(&error, &json!({"$ref": "#/components/schemas/Error"}), &all).unwrap();
    // No schema is left that no route answers with, but those of parts.
    let schemas = all["components"]["schemas"].as_object().unwrap();
    for name in schemas
        .keys()
        .filter(|name| !["Error", "Similar", "Known", "Step"].contains(&name.as_str()))
    {
        assert!(ids.contains(&format!("\"#/components/schemas/{name}\"")), "{name}");
    }
    // The lists of the questions about many.
    let post = &paths[&format!("{prefix}/neighbors")]["post"];
    let schema = &post["responses"]["200"]["content"]["application/json"]["schema"];
    let answer = server.post(&en("neighbors"), "{\"words\": [\"king\", \"kingg\"]}").json();
    check(&answer, schema, &all).unwrap();
}
