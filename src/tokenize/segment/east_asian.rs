//! Words of Chinese and Japanese: the cheapest way through a text over a dictionary with costs.
//!
//! In: a text of Chinese characters and kana. Out: its words in order. The method is the shortest
//! path over a unigram model, as ICU's own segmenter for C++ uses it: each word of the dictionary
//! that begins at a place is an edge, with its cost; a syllable that no word covers costs as much
//! as the rarest word. The dictionary holds whole phrases (`他的`, `という`) and lacks most names
//! and inflected forms, so what Chinese and Japanese ask for is added: [`chinese`](super::chinese)
//! and [`japanese`](super::japanese) say which words are cut, joined and inflected. All of it also
//! works for texts that mix the two.
//!
//! A long text is searched in windows that overlap, so time is linear and memory bounded.

use super::characters::{is_han, is_katakana};
use super::chinese;
use super::dictionary::{EastAsianPrefix, EastAsianWords};
use super::japanese;

/// Syllables of a window.
const WINDOW: usize = 4096;

/// Syllables at the end of a window whose words are found again in the next: more than a word
/// has, so that the words before do not depend on where the window ends.
const OVERLAP: usize = 256;

/// Most syllables of a word of the dictionary, and of a word in katakana.
const LONGEST: usize = 32;

/// What a syllable that is no word costs: the most that a word can cost.
const UNKNOWN: i32 = 255;

/// What each word costs less than the dictionary says, because treebanks cut more finely than the
/// texts from which the costs were counted. Between 20 and 30, F1 changes by less than 0.3.
const FINENESS: i32 = 25;

/// What a word in katakana costs that is not in the dictionary: more than one word of the
/// dictionary, less than two syllables.
const KATAKANA: i32 = 300;

/// Characters of a dictionary word that is only a part of a longer run of katakana, at least:
/// shorter ones are there by chance.
const KATAKANA_PART: usize = 3;

/// What a number of several characters costs.
const NUMBER: i32 = 90;

/// Calls `visit` with each word of `text`, between whose `starts` words may lie.
pub(super) fn cut(text: &str, starts: &[u32], visit: &mut impl FnMut(&str)) {
    let mut lattice = Lattice::new(text);
    let mut first = 0;
    while first + 1 < starts.len() {
        let end = (first + WINDOW).min(starts.len() - 1);
        lattice.search(&starts[first..=end]);
        let is_last = end + 1 == starts.len();
        let wanted = if is_last { end - first } else { WINDOW - OVERLAP };
        first += lattice.emit(wanted, visit);
    }
}

/// The shortest paths to the places of a window.
struct Lattice<'t> {
    text: &'t str,
    dictionary: &'static EastAsianWords,
    places: Vec<Place>,
    /// Where the words of the path end.
    ends: Vec<usize>,
}

/// A place where a word may begin.
#[derive(Clone, Copy)]
struct Place {
    /// Byte of the text.
    start: usize,
    /// The cost of the cheapest way to here.
    cost: i32,
    /// Where the last word of this way begins.
    from: usize,
    /// The character behind it; NUL at the end.
    character: char,
}

impl<'t> Lattice<'t> {
    fn new(text: &'t str) -> Self {
        let dictionary = EastAsianWords::get();
        Self { text, dictionary, places: Vec::new(), ends: Vec::new() }
    }

    /// Finds the cheapest way to each place of a window.
    fn search(&mut self, starts: &[u32]) {
        let text = self.text;
        self.places.clear();
        self.places.extend(starts.iter().map(|&start| {
            let start = start as usize;
            let character = text[start..].chars().next().unwrap_or('\0');
            Place { start, cost: i32::MAX, from: 0, character }
        }));
        let n = starts.len() - 1;
        // What lies behind the window is not looked at.
        self.places[n].character = '\0';
        self.places[0].cost = 0;
        let mut katakana = 0..0;
        for at in 0..n {
            if at >= katakana.end {
                let run = self.places[at..n].iter().take(LONGEST);
                katakana = at..at + run.take_while(|it| is_katakana(it.character)).count();
            }
            if self.places[at].cost < i32::MAX {
                self.words_from(at, &katakana);
            }
        }
    }

    fn reach(&mut self, from: usize, to: usize, cost: i32) {
        let cost = self.places[from].cost + cost - FINENESS;
        if cost < self.places[to].cost {
            self.places[to].cost = cost;
            self.places[to].from = from;
        }
    }

    fn text_between(&self, from: usize, to: usize) -> &'t str {
        &self.text[self.places[from].start..self.places[to].start]
    }

    /// Reaches every place where a word that begins at `at` ends.
    fn words_from(&mut self, at: usize, katakana: &std::ops::Range<usize>) {
        let n = self.places.len() - 1;
        let first = self.places[at].character;
        let is_katakana = katakana.contains(&at);
        if is_katakana {
            self.reach(at, katakana.end, KATAKANA);
        } else {
            self.reach(at, at + 1, UNKNOWN);
        }
        let mut prefix = self.dictionary.starting_with(first);
        for end in at + 1..=n.min(at + LONGEST) {
            let syllable = self.text_between(end - 1, end);
            for character in syllable.chars().skip(usize::from(end == at + 1)) {
                prefix.push(character);
                if prefix.is_end() {
                    break;
                }
            }
            if let Some(cost) = prefix.cost()
                && !(is_katakana && self.is_part_by_chance(at, end, katakana))
                && self.is_wanted(at, end)
            {
                self.reach(at, end, cost);
            }
            if prefix.is_end() {
                break;
            }
            if is_han(first) {
                self.inflected(at, end, &prefix);
            }
        }
        if japanese::is_hiragana_start(first) {
            for end in (at + 2..=at + japanese::LONGEST_AUXILIARY).take_while(|&end| end <= n) {
                if japanese::is_auxiliary(self.text_between(at, end)) {
                    self.reach(at, end, japanese::AUXILIARY);
                }
            }
        }
        if chinese::is_number(first)
            && (at == 0 || !chinese::is_number(self.places[at - 1].character))
        {
            let run = self.places[at..n].iter().take(LONGEST);
            let length = run.take_while(|it| chinese::is_number(it.character)).count();
            if length > 1 {
                self.reach(at, at + length, NUMBER);
            }
        }
    }

    /// Whether a word of the dictionary is a piece of a foreign word in katakana.
    fn is_part_by_chance(&self, at: usize, end: usize, katakana: &std::ops::Range<usize>) -> bool {
        let is_whole = at == katakana.start && end >= katakana.end;
        !is_whole && self.text_between(at, end.min(katakana.end)).chars().count() < KATAKANA_PART
    }

    /// Whether a word of the dictionary is one word and no phrase.
    fn is_wanted(&self, at: usize, end: usize) -> bool {
        let character = |place: usize| self.places[place].character;
        let is_phrase = match end - at {
            1 => return true,
            2 => {
                let (first, second) = (character(at), character(at + 1));
                chinese::is_counted(first, second) || chinese::is_clause(first, second)
            }
            3 => {
                chinese::is_determiner(character(at))
                    && chinese::is_counted(character(at + 1), character(at + 2))
            }
            _ => false,
        };
        !is_phrase && !japanese::is_phrase(self.text_between(at, end))
    }

    /// Reaches the ends of the inflected forms whose stem is the prefix from `at` to `end`.
    fn inflected(&mut self, at: usize, end: usize, prefix: &EastAsianPrefix) {
        let behind = |place: usize| self.places.get(place).map_or('\0', |it| it.character);
        let (ending, next) = (behind(end), behind(end + 1));
        let is_form = |dictionary_ending: char| {
            let mut verb = prefix.clone();
            verb.push(dictionary_ending);
            verb.cost()
        };
        if japanese::ends_ichidan_stem(behind(end - 1))
            && prefix.cost().is_none()
            && let Some(cost) = is_form('る')
        {
            self.reach(at, end, cost - japanese::INFLECTED);
        }
        let dictionary_endings = japanese::dictionary_endings(ending, next);
        if let Some(cost) = dictionary_endings.iter().filter_map(|&it| is_form(it)).min() {
            self.reach(at, end + 1, cost - japanese::INFLECTED);
            if next == 'う' && japanese::is_volitional(ending) {
                self.reach(at, end + 2, cost - japanese::INFLECTED);
            }
        }
        if let Some(length) = japanese::adjective_ending(ending, next)
            && let Some(cost) = is_form('い')
        {
            self.reach(at, end + length, cost - japanese::INFLECTED);
        }
    }

    /// Calls `visit` with the words of the cheapest way that end within the first `wanted`
    /// syllables, at least one; how many syllables they are.
    fn emit(&mut self, wanted: usize, visit: &mut impl FnMut(&str)) -> usize {
        self.ends.clear();
        let mut at = self.places.len() - 1;
        while at > 0 {
            self.ends.push(at);
            at = self.places[at].from;
        }
        self.ends.reverse();
        let (mut word, mut start) = (0, 0);
        while word < self.ends.len() && (start == 0 || self.ends[word] <= wanted) {
            let names = self.ends[word..].iter().zip(start..);
            let n_rare =
                names.take_while(|&(&end, from)| end == from + 1 && self.is_rare(from)).count();
            let is_name = (2..=chinese::LONGEST_NAME).contains(&n_rare);
            let n_words = if is_name { n_rare } else { n_rare.max(1) };
            if is_name {
                visit(self.text_between(start, start + n_rare));
                start += n_rare;
            } else {
                for &end in &self.ends[word..word + n_words] {
                    visit(self.text_between(start, end));
                    start = end;
                }
            }
            word += n_words;
        }
        start
    }

    /// Whether a single syllable is a Chinese character that seldom stands alone.
    fn is_rare(&self, at: usize) -> bool {
        let character = self.places[at].character;
        is_han(character)
            && !chinese::is_function(character)
            && self.dictionary.starting_with(character).cost().is_none_or(|it| it >= chinese::RARE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::words;

    #[test]
    fn chinese_of_both_spellings_is_cut_into_words() {
        assert_eq!(words("我们在北京学习中文"), ["我们", "在", "北京", "学习", "中文"]);
        assert_eq!(words("他們的政府沒有回答"), ["他們", "的", "政府", "沒有", "回答"]);
    }

    #[test]
    fn what_is_counted_is_cut_from_its_number() {
        assert_eq!(words("這個城市有一個大學"), ["這", "個", "城市", "有", "一", "個", "大學"]);
        assert_eq!(words("第二次"), ["第二", "次"]);
        assert_eq!(words("一些三百二十五人"), ["一些", "三百二十五", "人"]);
    }

    #[test]
    fn foreign_names_in_chinese_are_whole() {
        assert_eq!(words("奧巴馬的特別助理"), ["奧巴馬", "的", "特別", "助理"]);
    }

    #[test]
    fn japanese_words_and_their_forms_are_cut_from_particles() {
        assert_eq!(words("東京は日本の首都です"), ["東京", "は", "日本", "の", "首都", "です"]);
        assert_eq!(words("本を読んでいました"), ["本", "を", "読ん", "で", "い", "まし", "た"]);
        assert_eq!(words("手紙を書かない"), ["手紙", "を", "書か", "ない"]);
    }

    #[test]
    fn katakana_is_one_word_unless_the_dictionary_knows_its_parts() {
        assert_eq!(words("ディストリビューションの"), ["ディストリビューション", "の"]);
        assert_eq!(words("インターネットサービス"), ["インターネット", "サービス"]);
        assert_eq!(words("ｶﾞｿﾘﾝを"), ["ｶﾞｿﾘﾝ", "を"]);
    }

    #[test]
    fn iteration_marks_stay_with_the_character_before() {
        assert_eq!(words("人々と我々"), ["人々", "と", "我々"]);
        assert_eq!(words("鰯々"), ["鰯々"]);
    }
}
