//! Templates to sentences, sentences to documents.
//!
//! In: `templates.txt` (its head describes the slots), the world, a random stream. Out: documents,
//! one string each. A document draws its variables once; every sentence fills its slots with their
//! forms, and what the grammar asks for is put right afterwards: a/an, del, al, e before i.

use crate::random::Random;
use crate::world::{Gender, Language, World, decline};

/// One topic: how often it is drawn, what its variables are, and its sentences.
pub(crate) struct Topic {
    name: String,
    english_share: usize,
    spanish_share: usize,
    variables: Vec<(String, String)>,
    english: Vec<String>,
    spanish: Vec<String>,
}

/// An entry taken into a document or a sentence.
#[derive(Clone, Copy)]
struct Bound {
    entry: usize,
    gender: Gender,
}

/// Reads the topics; the message of an error names the line.
pub(crate) fn parse_topics(text: &str) -> Result<Vec<Topic>, String> {
    let mut topics: Vec<Topic> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let at = |what: &str| format!("templates.txt:{}: {what}: `{line}`", index + 1);
        let line_text = line.trim();
        if line_text.is_empty() || line_text.starts_with('#') {
            continue;
        }
        let (kind, rest) = line_text.split_once(' ').ok_or_else(|| at("nothing follows"))?;
        match (kind, topics.last_mut()) {
            ("topic", _) => topics.push(parse_head(rest).map_err(|what| at(&what))?),
            ("en", Some(topic)) => topic.english.push(rest.to_owned()),
            ("es", Some(topic)) => topic.spanish.push(rest.to_owned()),
            _ => return Err(at("expected `topic`, `en` or `es`")),
        }
    }
    Ok(topics)
}

fn parse_head(head: &str) -> Result<Topic, String> {
    let mut words = head.split_whitespace();
    let name = words.next().ok_or("no name")?.to_owned();
    let mut topic = Topic {
        name,
        english_share: 0,
        spanish_share: 0,
        variables: Vec::new(),
        english: Vec::new(),
        spanish: Vec::new(),
    };
    for word in words {
        let (key, value) = word.split_once('=').ok_or("no `=`")?;
        let share = || value.parse().map_err(|_| format!("`{value}` is no number"));
        match key {
            "english" => topic.english_share = share()?,
            "spanish" => topic.spanish_share = share()?,
            _ => topic.variables.push((key.to_owned(), value.to_owned())),
        }
    }
    Ok(topic)
}

/// Writes documents of one language.
pub(crate) struct Writer<'a> {
    world: &'a World,
    topics: &'a [Topic],
    language: Language,
    random: Random,
    /// What the lists have given to the present sentence.
    chosen: Vec<String>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        world: &'a World,
        topics: &'a [Topic],
        language: Language,
        seed: u64,
    ) -> Self {
        let random = Random::new(seed);
        Self { world, topics, language, random, chosen: Vec::new() }
    }

    /// Writes one document of 4 to 12 sentences on a drawn topic.
    pub(crate) fn document(&mut self) -> Result<String, String> {
        let shares: Vec<usize> = self
            .topics
            .iter()
            .map(|topic| match self.language {
                Language::English => topic.english_share,
                Language::Spanish => topic.spanish_share,
            })
            .collect();
        let topic = &self.topics[self.random.weighted(&shares)];
        let mut variables = Vec::new();
        for (name, pool) in &topic.variables {
            let bound = self.draw(pool)?;
            variables.push((name.clone(), bound));
        }
        let mut templates: Vec<&String> = match self.language {
            Language::English => topic.english.iter().collect(),
            Language::Spanish => topic.spanish.iter().collect(),
        };
        let length = (4 + self.random.early(9)).min(templates.len());
        let mut sentences = Vec::with_capacity(length);
        for _ in 0..length {
            let template = templates.remove(self.random.early(templates.len()));
            let sentence = self
                .sentence(template, &variables)
                .map_err(|what| format!("topic `{}`, `{template}`: {what}", topic.name))?;
            sentences.push(sentence);
        }
        Ok(sentences.join(" "))
    }

    fn sentence(
        &mut self,
        template: &str,
        variables: &[(String, Bound)],
    ) -> Result<String, String> {
        self.chosen.clear();
        let mut bound = variables.to_vec();
        let mut text = String::with_capacity(2 * template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, tail) = after.split_once('}').ok_or("a `{` stays open")?;
            text.push_str(before);
            text.push_str(&self.fill(slot, &mut bound)?);
            rest = tail;
        }
        text.push_str(rest);
        Ok(polish(&text, self.language))
    }

    /// Fills one slot; a name with a digit is added to `bound`.
    fn fill(&mut self, slot: &str, bound: &mut Vec<(String, Bound)>) -> Result<String, String> {
        if let Some((name, choice)) = slot.split_once('?') {
            let one = self.find(name, bound)?;
            let (masculine, feminine) = choice.split_once('/').ok_or("a choice without `/`")?;
            return Ok(if one.gender.is_feminine() { feminine } else { masculine }.to_owned());
        }
        if let Some((adjective, noun)) = slot.split_once('~') {
            let (noun, plural) = noun.strip_prefix('~').map_or((noun, false), |noun| (noun, true));
            let feminine = self.find(noun, bound)?.gender.is_feminine();
            let form = self.field(adjective, bound)?.1;
            return Ok(decline(&form, feminine, plural));
        }
        let Some((article, target)) = slot.split_once(' ') else {
            return Ok(self.field(slot, bound)?.1);
        };
        if self.language == Language::English {
            return Ok(format!("a {}", self.field(target, bound)?.1));
        }
        let (one, singular) = self.field(target, bound)?;
        let plural = || self.form(one, "pl");
        let by = |masculine: &'static str, feminine: &'static str| {
            if one.gender.is_feminine() { feminine } else { masculine }
        };
        let definite = if one.gender == Gender::Feminine { "la" } else { "el" };
        Ok(match article.to_lowercase().as_str() {
            "el" => format!("{definite} {singular}"),
            "a" => format!("a {definite} {singular}"),
            "de" => format!("de {definite} {singular}"),
            "un" => {
                format!("{} {singular}", if one.gender == Gender::Feminine { "una" } else { "un" })
            }
            "este" => format!("{} {singular}", by("este", "esta")),
            "todo" => format!("{} {singular}", by("todo el", "toda la")),
            "los" => format!("{} {}", by("los", "las"), plural()?),
            "estos" => format!("{} {}", by("estos", "estas"), plural()?),
            "muchos" => format!("{} {}", by("muchos", "muchas"), plural()?),
            "pocos" => format!("{} {}", by("pocos", "pocas"), plural()?),
            "otros" => format!("{} {}", by("otros", "otras"), plural()?),
            "todos" => format!("{} {}", by("todos los", "todas las"), plural()?),
            _ => return Err(format!("no article `{article}`")),
        })
    }

    /// Resolves `name` or `name.column` to an entry and one of its forms.
    fn field(
        &mut self,
        path: &str,
        bound: &mut Vec<(String, Bound)>,
    ) -> Result<(Bound, String), String> {
        let (name, column) = path.split_once('.').unwrap_or((path, ""));
        let one = self.find(name, bound)?;
        let form = self.form(one, column)?;
        let choices: Vec<&str> = form.split(';').collect();
        let mut choice = choices[self.random.early(choices.len())];
        // A list should not give the same word twice in a sentence.
        for _ in 0..8 {
            if choices.len() == 1 || !self.chosen.iter().any(|known| known == choice) {
                break;
            }
            choice = choices[self.random.early(choices.len())];
        }
        if choices.len() > 1 {
            self.chosen.push(choice.to_owned());
        }
        Ok((one, choice.replace('_', " ")))
    }

    fn form(&self, one: Bound, column: &str) -> Result<String, String> {
        let form = |column: &str| self.world.form(one.entry, self.language, column);
        let feminine = one.gender.is_feminine();
        let first = &self.world.forms(one.entry, self.language)[0];
        let found = match column {
            "" if feminine && form("m") == Some(first.as_str()) => {
                form("f").or(Some(first.as_str()))
            }
            "" => Some(first.as_str()),
            "pl" if form("pl").is_none() => form(if feminine { "fpl" } else { "mpl" }),
            "f" if form("f").is_none() => return Ok(decline(first, true, false)),
            _ => form(column),
        };
        found.map(str::to_owned).ok_or_else(|| format!("no column `{column}` for `{first}`"))
    }

    /// Finds or draws the entry called `name`: a variable, `pool`, `pool1`, `pool@x`, `x>1` or
    /// `x+1`.
    fn find(&mut self, name: &str, bound: &mut Vec<(String, Bound)>) -> Result<Bound, String> {
        if let Some((_, one)) = bound.iter().find(|(known, _)| known == name) {
            return Ok(*one);
        }
        if let Some((pool, person)) = name.split_once('@') {
            let feminine = self.find(person, bound)?.gender.is_feminine();
            return self.draw(&format!("{pool}_{}", if feminine { "f" } else { "m" }));
        }
        let pool = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if pool == name {
            return self.draw(pool);
        }
        // A second name for the same entry would read badly ("apples and apples"): try again.
        let mut one = self.draw_named(pool, bound)?;
        for _ in 0..8 {
            if !bound.iter().any(|(_, other)| other.entry == one.entry) {
                break;
            }
            one = self.draw_named(pool, bound)?;
        }
        bound.push((name.to_owned(), one));
        Ok(one)
    }

    fn draw_named(
        &mut self,
        pool: &str,
        bound: &mut Vec<(String, Bound)>,
    ) -> Result<Bound, String> {
        let (source, is_companion) = match (pool.strip_suffix('>'), pool.strip_suffix('+')) {
            (Some(source), _) => (source, false),
            (_, Some(source)) => (source, true),
            _ => return self.draw(pool),
        };
        let source = &self.world.entries[self.find(source, bound)?.entry];
        let others = if is_companion { &source.companions } else { &source.references };
        if others.is_empty() {
            return Err(format!("nothing for `{pool}`"));
        }
        let entry = others[self.random.early(others.len())];
        Ok(self.bind(entry))
    }

    /// Draws from `pool`, or from the first n entries of it when called `pool:n`.
    fn draw(&mut self, name: &str) -> Result<Bound, String> {
        let (name, limit) = name.split_once(':').unwrap_or((name, ""));
        let pool = self.world.pool(name).ok_or_else(|| format!("no pool `{name}`"))?;
        let limit = limit.parse().unwrap_or(pool.entries.len()).min(pool.entries.len());
        let entry = pool.entries[self.random.weighted(&pool.weights[..limit])];
        Ok(self.bind(entry))
    }

    fn bind(&mut self, entry: usize) -> Bound {
        let gender = self.world.gender(entry, self.language).unwrap_or_else(|| {
            if self.random.below(2) == 0 { Gender::Masculine } else { Gender::Feminine }
        });
        Bound { entry, gender }
    }
}

/// Puts right what depends on the neighbouring word, and begins with a capital.
fn polish(text: &str, language: Language) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut polished: Vec<String> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let next = words.get(index + 1).map_or(String::new(), |next| {
            next.to_lowercase().trim_start_matches(['"', '¿', '¡']).to_owned()
        });
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| next.starts_with(prefix));
        match (language, *word) {
            (Language::English, "a" | "A")
                if starts(&["a", "e", "i", "o", "u"]) && !starts(&["uni", "eu", "one"]) =>
            {
                polished.push(format!("{word}n"));
            }
            (Language::Spanish, "y") if starts(&["i", "hi"]) && !starts(&["hie"]) => {
                polished.push("e".to_owned())
            }
            (Language::Spanish, "o") if starts(&["o", "ho"]) => polished.push("u".to_owned()),
            (Language::Spanish, "el") if polished.last().is_some_and(|last| last == "de") => {
                polished.pop();
                polished.push("del".to_owned());
            }
            (Language::Spanish, "el") if polished.last().is_some_and(|last| last == "a") => {
                polished.pop();
                polished.push("al".to_owned());
            }
            _ => polished.push((*word).to_owned()),
        }
    }
    capitalised(&polished.join(" "))
}

/// Raises the first letter, past opening marks.
fn capitalised(sentence: &str) -> String {
    match sentence.char_indices().find(|(_, c)| c.is_alphabetic()) {
        Some((at, letter)) => {
            let rest = &sentence[at + letter.len_utf8()..];
            format!("{}{}{rest}", &sentence[..at], letter.to_uppercase())
        }
        None => sentence.to_owned(),
    }
}
