//! The parameters of a request: those of its address, or the fields of an object of JSON.
//!
//! In: the text behind `?`, or an object, and what a route takes. Out: values that are checked;
//! what a route does not take is refused, since silence would mislead.

use std::collections::BTreeMap;

use serde_json::Value;

use super::failure::Failure;

/// Bytes of a text; words are shorter.
const LONGEST: usize = 4096;

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    /// One or more, each with a name of its own: `word=a&word=b`.
    Texts,
    /// From `least` to the greatest number of results.
    Results {
        least: usize,
        usual: usize,
    },
    /// Any number from 0.
    Number,
    Flag,
    OneOf(&'static [&'static str]),
}

/// A parameter of a route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) takes: Takes,
    pub(super) is_required: bool,
}

impl Parameter {
    pub(super) const fn new(name: &'static str, takes: Takes, about: &'static str) -> Self {
        Self { name, about, takes, is_required: false }
    }

    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

/// The parameters of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters {
    values: BTreeMap<&'static str, Vec<String>>,
    most_results: usize,
}

impl Parameters {
    /// Those of an address: what stands behind `?`.
    pub(super) fn of_query(
        query: &str,
        known: &[Parameter],
        most_results: usize,
    ) -> Result<Self, Failure> {
        let mut found = Self { values: BTreeMap::new(), most_results };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            found.add(&decoded(name)?, decoded(value)?, known)?;
        }
        Ok(found)
    }

    /// Those of an object of JSON, without the field `list`.
    pub(super) fn of_object(
        object: &serde_json::Map<String, Value>,
        list: &str,
        known: &[Parameter],
        most_results: usize,
    ) -> Result<Self, Failure> {
        let mut found = Self { values: BTreeMap::new(), most_results };
        for (name, value) in object.iter().filter(|(name, _)| *name != list) {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            for value in values {
                let value = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Bool(flag) => flag.to_string(),
                    _ => {
                        let message = format!("`{}` is neither text nor number", shown(name));
                        return Err(Failure::bad(message));
                    }
                };
                found.add(name, value, known)?;
            }
        }
        Ok(found)
    }

    fn add(&mut self, name: &str, value: String, known: &[Parameter]) -> Result<(), Failure> {
        let Some(parameter) = known.iter().find(|it| it.name == name) else {
            let names: Vec<String> = known.iter().map(|it| format!("`{}`", it.name)).collect();
            let takes = match &names[..] {
                [] => "it takes none".to_owned(),
                names => format!("it takes {}", names.join(", ")),
            };
            let message = format!("there is no parameter `{}` here", shown(name));
            return Err(Failure::bad(message).hint(takes));
        };
        check_text(parameter.name, &value)?;
        let values = self.values.entry(parameter.name).or_default();
        values.push(value);
        if values.len() > 1 && parameter.takes != Takes::Texts {
            return Err(Failure::bad(format!("`{name}` is given twice")));
        }
        if values.len() > self.most_results {
            let most = self.most_results;
            return Err(Failure::bad(format!("`{name}` is given more than {most} times")));
        }
        Ok(())
    }

    /// Adds one that is checked already, such as a part of the path.
    pub(super) fn put(&mut self, name: &'static str, value: String) -> Result<(), Failure> {
        check_text(name, &value)?;
        self.values.insert(name, vec![value]);
        Ok(())
    }

    /// Refuses values that a parameter does not take, and a request without one that it needs.
    pub(super) fn check(self, known: &[Parameter]) -> Result<Self, Failure> {
        for parameter in known {
            let name = parameter.name;
            if parameter.is_required && self.texts(name).iter().all(|text| text.trim().is_empty()) {
                return Err(Failure::bad(format!("`{name}` is missing: {}", parameter.about)));
            }
            match parameter.takes {
                Takes::Text | Takes::Texts => {}
                Takes::Results { least, .. } => {
                    if let Some(text) = self.text(name) {
                        let number: Option<usize> = text.parse().ok();
                        let most = self.most_results;
                        if number.is_none_or(|number| !(least..=most).contains(&number)) {
                            let found = shown(text);
                            let message = format!(
                                "`{name}` is `{found}`, expected a whole number from {least} to \
                                 {most}"
                            );
                            return Err(Failure::bad(message));
                        }
                    }
                }
                Takes::Number => {
                    if let Some(text) = self.text(name)
                        && text.parse::<u32>().is_err()
                    {
                        let found = shown(text);
                        let message = format!("`{name}` is `{found}`, expected a whole number");
                        return Err(Failure::bad(message));
                    }
                }
                Takes::Flag => self.one_of(name, &["true", "false"])?,
                Takes::OneOf(names) => self.one_of(name, names)?,
            }
        }
        Ok(self)
    }

    fn one_of(&self, name: &str, names: &[&str]) -> Result<(), Failure> {
        match self.text(name) {
            Some(text) if !names.contains(&text) => {
                let (found, names) = (shown(text), names.join(", "));
                Err(Failure::bad(format!("`{name}` is `{found}`, expected one of {names}")))
            }
            _ => Ok(()),
        }
    }

    /// All values of a parameter.
    pub(super) fn texts(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a parameter without the spaces around it, if it is given.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).first().map(|text| text.trim())
    }

    /// The value of a parameter that the route needs.
    pub(super) fn needed(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str, usual: usize) -> usize {
        self.text(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| usual.min(self.most_results))
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }
}

/// A text as it is shown in a message: the beginning of it.
pub(super) fn shown(text: &str) -> String {
    eigenlex::Visible(eigenlex::shortened(text)).to_string()
}

/// A text of an address.
fn decoded(text: &str) -> Result<String, Failure> {
    let text = text.replace('+', " ");
    match percent_encoding::percent_decode_str(&text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Failure::bad("the address is not UTF-8 behind its percent signs")),
    }
}

fn check_text(name: &str, text: &str) -> Result<(), Failure> {
    if text.len() > LONGEST {
        let n = text.len();
        return Err(Failure::bad(format!("`{name}` has {n} bytes, expected at most {LONGEST}")));
    }
    if text.contains('\0') {
        return Err(Failure::bad(format!("`{name}` has a NUL character")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [Parameter; 4] = [
        Parameter::new("q", Takes::Text, "a word").required(),
        Parameter::new("top", Takes::Results { least: 1, usual: 10 }, "how many"),
        Parameter::new("word", Takes::Texts, "words"),
        Parameter::new("how", Takes::OneOf(&["add", "mul"]), "which way"),
    ];

    fn read(query: &str) -> Result<Parameters, String> {
        Parameters::of_query(query, &KNOWN, 100)
            .and_then(|found| found.check(&KNOWN))
            .map_err(|failure| String::from_utf8(failure.json()).unwrap())
    }

    #[test]
    fn values_are_decoded() {
        let found = read("q=+k%C3%B6nig%26x+y&word=a&word=b%2Fc").unwrap();
        assert_eq!(found.needed("q"), "könig&x y");
        assert_eq!(found.texts("word"), ["a", "b/c"]);
        assert_eq!((found.number("top", 10), found.text("how")), (10, None));
        assert_eq!(read("q=a&top=7").unwrap().number("top", 10), 7);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_sentence() {
        for (query, says) in [
            ("", "`q` is missing: a word"),
            ("q=", "`q` is missing"),
            ("q=a&top=0", "`top` is `0`, expected a whole number from 1 to 100"),
            ("q=a&top=101", "from 1 to 100"),
            ("q=a&top=ten", "`top` is `ten`"),
            ("q=a&q=b", "`q` is given twice"),
            ("q=a&tpo=3", "there is no parameter `tpo` here"),
            ("q=a&how=div", "`how` is `div`, expected one of add, mul"),
            ("q=%FF", "the address is not UTF-8"),
            ("q=a%00b", "`q` has a NUL character"),
        ] {
            let message = read(query).unwrap_err();
            assert!(message.contains(says), "{query}: {message}");
        }
        assert!(read("q=a&tpo=3").unwrap_err().contains("it takes `q`, `top`, `word`, `how`"));
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "(q=|top=|&|=|%|[a-f0-9]|\\PC){0,60}") {
            _ = read(&query);
        }

        #[test]
        fn any_text_comes_back(text in "[^\u{0}]{1,40}") {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let query = format!("q=x&word={encoded}");
            let found = read(&query).unwrap();
            prop_assert_eq!(&found.texts("word")[0], &text);
        }
    }
}
