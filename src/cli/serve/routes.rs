//! The routes of the API: one table, from which the router and its description are made.

use serde_json::{Map, Value};

use super::api::{Asked, documents, info, languages, time, together, words};
use super::desk::Reply;
use super::failure::Failure;
use super::limits::Lane;
use super::parameters::{Parameter, Parameters, Takes};

/// Where the API begins; its version.
pub(super) const API: &str = "/api/v1";

/// The address of the answer that the server is there.
pub(super) const HEALTH: &str = "/api/v1/health";

/// A question to one of the models.
pub(super) struct Route {
    /// Behind `/api/v1/models/{model}`; parts in braces are parameters.
    pub(super) path: &'static str,
    pub(super) about: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// The name of the answer among the schemas.
    pub(super) schema: &'static str,
    pub(super) lane: Lane,
    pub(super) answer: fn(&Asked) -> Reply,
    pub(super) many: Option<Many>,
}

/// The same question about many: a list in an object of JSON.
#[derive(Clone, Copy)]
pub(super) struct Many {
    /// The field with the list.
    pub(super) list: &'static str,
    /// The parameter that each of the list is.
    pub(super) item: &'static str,
    pub(super) answer: fn(&Asked, &[Parameters]) -> Reply,
}

const WORD: Parameter = Parameter::new("word", Takes::Text, "a word").required();
const WORDS: Parameter = Parameter::new("word", Takes::Texts, "the words, one each").required();
const TOP: Parameter =
    Parameter::new("top", Takes::Results { least: 1, usual: 10 }, "number of answers");
const OFFSET: Parameter =
    Parameter::new("offset", Takes::Number, "number of answers that are left out at the beginning");
const GUESS: Parameter = Parameter::new(
    "guess",
    Takes::Flag,
    "guess the vectors of unknown words from their letters; the answer says which were guessed",
);
const RESTRICT_TO: Parameter =
    Parameter::new("restrict_to", Takes::Texts, "words that may be answers, one each");
const EXCLUDE: Parameter =
    Parameter::new("exclude", Takes::Texts, "words that may not be answers, one each");
const DOCUMENT: Parameter = Parameter::new(
    "document",
    Takes::Text,
    "a document by its number, from 1, or its name, FILE or FILE:N",
)
.required();

pub(super) const ROUTES: [Route; 16] = [
    Route {
        path: "/info",
        about: "What is known of a model, as `eigenlex info` says it",
        parameters: &[],
        schema: "Info",
        lane: Lane::Alone,
        answer: info,
        many: None,
    },
    Route {
        path: "/words",
        about: "Words that begin with a text, the most frequent first; spellings near it where \
                there are none",
        parameters: &[
            Parameter::new("q", Takes::Text, "the beginning of the words, in any case"),
            Parameter::new("top", Takes::Results { least: 1, usual: 20 }, "number of words"),
            OFFSET,
            Parameter::new("fuzzy", Takes::Flag, "suggest spellings near it in any case"),
        ],
        schema: "Words",
        lane: Lane::Alone,
        answer: words::words,
        many: None,
    },
    Route {
        path: "/words/{word}",
        about: "A word: its counts and the words most similar to it",
        parameters: &[WORD, TOP],
        schema: "Word",
        lane: Lane::Together,
        answer: words::word,
        many: None,
    },
    Route {
        path: "/neighbors",
        about: "The words most similar to a word, as `eigenlex neighbors` finds them",
        parameters: &[WORD, TOP, RESTRICT_TO, EXCLUDE, GUESS],
        schema: "Neighbors",
        lane: Lane::Together,
        answer: words::neighbors,
        many: Some(Many { list: "words", item: "word", answer: words::neighbors_of_each }),
    },
    Route {
        path: "/similarity",
        about: "How similar two words are, from -1 to 1",
        parameters: &[WORDS, GUESS],
        schema: "Similarity",
        lane: Lane::Alone,
        answer: words::similarity,
        many: Some(Many {
            list: "pairs",
            item: "word",
            answer: |asked, all| each(asked, all, words::similarity),
        }),
    },
    Route {
        path: "/math",
        about: "The words nearest to an expression such as `king - man + woman`",
        parameters: &[
            Parameter::new("expression", Takes::Text, "words with signs, factors, parentheses")
                .required(),
            Parameter::new("method", Takes::OneOf(&["mul", "add"]), "3CosMul or 3CosAdd"),
            TOP,
            RESTRICT_TO,
            EXCLUDE,
            GUESS,
        ],
        schema: "Math",
        lane: Lane::Alone,
        answer: words::solve,
        many: Some(Many {
            list: "expressions",
            item: "expression",
            answer: |asked, all| each(asked, all, words::solve),
        }),
    },
    Route {
        path: "/odd-one-out",
        about: "The words of a set with their mean similarity to the others, the odd one first",
        parameters: &[WORDS, GUESS],
        schema: "OddOneOut",
        lane: Lane::Alone,
        answer: words::odd,
        many: Some(Many {
            list: "sets",
            item: "word",
            answer: |asked, all| each(asked, all, words::odd),
        }),
    },
    Route {
        path: "/axis",
        about: "The words nearest to either of two poles, each with its place between them",
        parameters: &[
            Parameter::new("from", Takes::Text, "the word at -1").required(),
            Parameter::new("to", Takes::Text, "the word at 1").required(),
            Parameter::new("top", Takes::Results { least: 1, usual: 60 }, "number of words"),
            GUESS,
        ],
        schema: "Axis",
        lane: Lane::Alone,
        answer: words::axis,
        many: None,
    },
    Route {
        path: "/documents",
        about: "Documents that a text is about, as `eigenlex search` finds them; without a text, \
                all documents",
        parameters: &[
            Parameter::new("q", Takes::Text, "what to look for"),
            Parameter::new(
                "by",
                Takes::OneOf(&["both", "words", "meaning"]),
                "look for its words, its meaning or both",
            ),
            TOP,
            OFFSET,
        ],
        schema: "Documents",
        lane: Lane::Alone,
        answer: documents::search,
        many: None,
    },
    Route {
        path: "/documents/{document}",
        about: "A document: its text, and the words that stand out in it",
        parameters: &[DOCUMENT, TOP],
        schema: "Document",
        lane: Lane::Alone,
        answer: documents::document,
        many: None,
    },
    Route {
        path: "/similar-documents",
        about: "The documents that are like a document",
        parameters: &[DOCUMENT, TOP],
        schema: "Documents",
        lane: Lane::Alone,
        answer: documents::similar,
        many: None,
    },
    Route {
        path: "/map",
        about: "A map or hub of languages with its verdict, as `eigenlex info` says it",
        parameters: &[],
        schema: "Info",
        lane: Lane::Alone,
        answer: languages::map,
        many: None,
    },
    Route {
        path: "/languages",
        about: "The languages of a map or hub, as `from` and `to` of `translate` take them",
        parameters: &[],
        schema: "Languages",
        lane: Lane::Alone,
        answer: languages::names,
        many: None,
    },
    Route {
        path: "/translate",
        about: "A word of one language in another, as `eigenlex translate` finds it",
        parameters: &[
            WORD,
            TOP,
            Parameter::new("from", Takes::Text, "language of the word; usually the first"),
            Parameter::new("to", Takes::Text, "language of the answers"),
            Parameter::new("reverse", Takes::Flag, "translate from the second to the first"),
            Parameter::new(
                "retrieval",
                Takes::OneOf(&["csls", "nearest"]),
                "how candidates are scored",
            ),
        ],
        schema: "Translations",
        lane: Lane::Alone,
        answer: languages::translate,
        many: Some(Many {
            list: "words",
            item: "word",
            answer: |asked, all| each(asked, all, languages::translate),
        }),
    },
    Route {
        path: "/slices",
        about: "The slices of a chain, in the order of time",
        parameters: &[],
        schema: "Slices",
        lane: Lane::Alone,
        answer: time::names,
        many: None,
    },
    Route {
        path: "/drift",
        about: "How far a word moved, as `eigenlex drift` measures it; without a word, those that \
                moved most",
        parameters: &[
            Parameter::new("word", Takes::Text, "a word"),
            Parameter::new(
                "top",
                Takes::Results { least: 1, usual: 10 },
                "number of words that moved most, or of the nearest in each slice",
            ),
        ],
        schema: "Drift",
        lane: Lane::Alone,
        answer: time::drift,
        many: None,
    },
];

/// Answers one after the other, until nobody waits any more.
fn each(asked: &Asked, all: &[Parameters], answer: fn(&Asked) -> Reply) -> Reply {
    together(all.iter().map(|parameters| match asked.is_over() {
        true => Err(Failure::busy("the time of the request was over before its turn came")),
        false => answer(&asked.with(parameters)),
    }))
}

impl Route {
    /// The parameters of an object that asks about many, one set for each.
    pub(super) fn read_many(
        &self,
        many: Many,
        object: &Map<String, Value>,
        most_results: usize,
    ) -> Result<(Parameters, Vec<Parameters>), Failure> {
        let known: Vec<Parameter> =
            self.parameters.iter().filter(|it| it.name != many.item).copied().collect();
        let list = match object.get(many.list) {
            Some(Value::Array(list)) if !list.is_empty() => list,
            _ => {
                let list = many.list;
                let message = format!("`{list}` is missing: a list with one or more");
                return Err(Failure::bad(message));
            }
        };
        if list.len() > most_results {
            let (n, list) = (list.len(), many.list);
            let message = format!("`{list}` has {n} entries, expected at most {most_results}");
            return Err(Failure::bad(message));
        }
        let common = Parameters::of_object(object, many.list, &known, most_results)?;
        let common = common.check(&known)?;
        let mut rest = object.clone();
        rest.remove(many.list);
        let one = |entry: &Value| {
            let mut object = rest.clone();
            object.insert(many.item.to_owned(), entry.clone());
            let found = Parameters::of_object(&object, many.list, self.parameters, most_results)?;
            found.check(self.parameters)
        };
        let all = list.iter().map(one).collect::<Result<_, Failure>>()?;
        Ok((common, all))
    }
}
