//! Words of Thai, Lao, Khmer and Burmese: as few words of a dictionary as cover the text.
//!
//! In: a text of one of these scripts. Out: its words in order. The method is maximal matching
//! (Sornlertlamvanich 1993): the shortest path on which a word of the dictionary costs one, and
//! unknown syllables more than two words; so a text is cut into known words where that is possible,
//! whatever the longest word at its beginning is. Unknown syllables side by side are a name and one
//! word, unless they are so many that the language is another one than the dictionary's: then each
//! is a word.
//!
//! A long text is searched in windows that overlap, so time is linear and memory bounded.

use super::characters::Class;
use super::dictionary::Words;

/// Syllables of a window.
const WINDOW: usize = 4096;

/// Syllables at the end of a window whose words are found again in the next.
const OVERLAP: usize = 256;

/// Most syllables of a word of the dictionary.
const LONGEST: usize = 32;

/// Most unknown syllables that are joined to one word.
const LONGEST_NAME: usize = 10;

/// What a word of the dictionary costs.
const WORD: u32 = 10;

/// What the first of some unknown syllables costs. Two words are better than an unknown one, three
/// are not.
const FIRST_UNKNOWN: u32 = 30;

/// What each further unknown syllable costs: a little less than a word, so that a short word by
/// chance does not cut a name.
const NEXT_UNKNOWN: u32 = 9;

/// A Thai word's sign of abbreviation, which belongs to it.
const ABBREVIATION: &str = "ฯ";

/// The words of a script's main language; `None` if there is no dictionary.
fn dictionary(class: Class) -> Option<&'static Words> {
    match class {
        Class::Thai => Some(Words::thai()),
        Class::Lao => Some(Words::lao()),
        Class::Khmer => Some(Words::khmer()),
        Class::Myanmar => Some(Words::burmese()),
        Class::EastAsian | Class::Digit | Class::Repetition | Class::NoDictionary => None,
    }
}

/// Calls `visit` with each word of `text`, between whose `starts` words may lie.
pub(super) fn cut(text: &str, class: Class, starts: &[u32], visit: &mut impl FnMut(&str)) {
    let Some(words) = dictionary(class) else {
        return starts.windows(2).for_each(|it| visit(&text[it[0] as usize..it[1] as usize]));
    };
    let mut lattice = Lattice { text, words, places: Vec::new(), path: Vec::new() };
    let mut first = 0;
    while first + 1 < starts.len() {
        let end = (first + WINDOW).min(starts.len() - 1);
        lattice.search(&starts[first..=end]);
        let is_last = end + 1 == starts.len();
        let wanted = if is_last { end - first } else { WINDOW - OVERLAP };
        first += lattice.emit(&starts[first..=end], wanted, visit);
    }
}

/// The shortest paths to the places of a window.
struct Lattice<'t> {
    text: &'t str,
    words: &'static Words,
    /// For each place, the best way whose last step is a word, and that whose last step is unknown.
    places: Vec<[Way; 2]>,
    path: Vec<Step>,
}

const KNOWN: usize = 0;
const UNKNOWN: usize = 1;

/// The cheapest way to a place.
#[derive(Clone, Copy)]
struct Way {
    cost: u32,
    /// Where its last step begins, and on which of the two ways to there.
    from: (u32, usize),
}

const NO_WAY: Way = Way { cost: u32::MAX, from: (0, KNOWN) };

/// A step of the path: where it ends, and whether it is a word of the dictionary.
#[derive(Clone, Copy)]
struct Step {
    end: usize,
    is_known: bool,
}

impl Lattice<'_> {
    /// Finds the cheapest ways to each place of a window.
    fn search(&mut self, starts: &[u32]) {
        self.places.clear();
        self.places.resize(starts.len(), [NO_WAY; 2]);
        self.places[0][KNOWN].cost = 0;
        for at in 0..starts.len() - 1 {
            let ways = self.places[at];
            let from = if ways[KNOWN].cost <= ways[UNKNOWN].cost { KNOWN } else { UNKNOWN };
            self.words_from(at, from, starts);
            for (way, cost) in [(KNOWN, FIRST_UNKNOWN), (UNKNOWN, NEXT_UNKNOWN)] {
                self.reach((at, way), at + 1, UNKNOWN, cost);
            }
        }
    }

    fn reach(&mut self, (at, way): (usize, usize), to: usize, last: usize, cost: u32) {
        let cost = self.places[at][way].cost.saturating_add(cost);
        let there = &mut self.places[to][last];
        if cost <= there.cost {
            *there = Way { cost, from: (at as u32, way) };
        }
    }

    /// Reaches every place where a word that begins at `at` ends.
    fn words_from(&mut self, at: usize, way: usize, starts: &[u32]) {
        let text = self.text;
        let syllable = |place: usize| match starts.get(place..place + 2) {
            Some(ends) => &text[ends[0] as usize..ends[1] as usize],
            None => "",
        };
        let mut prefix = self.words.prefix();
        for end in at + 1..=(at + LONGEST).min(starts.len() - 1) {
            if prefix.push(syllable(end - 1)) {
                self.reach((at, way), end, KNOWN, WORD);
                if syllable(end) == ABBREVIATION {
                    self.reach((at, way), end + 1, KNOWN, WORD);
                }
            }
            if prefix.is_end() {
                break;
            }
        }
    }

    /// Calls `visit` with the words of the cheapest way that end within the first `wanted`
    /// syllables, at least one; how many syllables they are.
    fn emit(&mut self, starts: &[u32], wanted: usize, visit: &mut impl FnMut(&str)) -> usize {
        self.path.clear();
        let mut at = self.places.len() - 1;
        let mut way = if self.places[at][KNOWN].cost <= self.places[at][UNKNOWN].cost {
            KNOWN
        } else {
            UNKNOWN
        };
        while at > 0 {
            self.path.push(Step { end: at, is_known: way == KNOWN });
            let (from, before) = self.places[at][way].from;
            (at, way) = (from as usize, before);
        }
        self.path.reverse();
        let word = |from: usize, to: usize| &self.text[starts[from] as usize..starts[to] as usize];
        let (mut step, mut start) = (0, 0);
        while step < self.path.len() && (start == 0 || self.path[step].end <= wanted) {
            let n_unknown = self.path[step..].iter().take_while(|it| !it.is_known).count();
            if n_unknown > LONGEST_NAME {
                for it in &self.path[step..step + n_unknown] {
                    visit(word(start, it.end));
                    start = it.end;
                }
                step += n_unknown;
                continue;
            }
            let mut last = step + n_unknown.max(1) - 1;
            // A prefix that makes nouns of verbs and adjectives is one word with them.
            let is_prefix = n_unknown == 0 && is_nominaliser(word(start, self.path[step].end));
            if is_prefix && self.path.get(step + 1).is_some_and(|it| it.is_known) {
                last += 1;
            }
            let end = self.path[last].end;
            visit(word(start, end));
            (step, start) = (last + 1, end);
        }
        start
    }
}

/// Thai `การ` and `ความ`, as in `การศึกษา` (education) and `ความสุข` (happiness); the Lao and Khmer
/// ones.
fn is_nominaliser(word: &str) -> bool {
    matches!(word, "การ" | "ความ" | "ການ" | "ຄວາມ" | "ការ" | "សេចក្តី" | "ភាព")
}

#[cfg(test)]
mod tests {
    use super::super::tests::words;

    #[test]
    fn thai_is_cut_into_words() {
        assert_eq!(words("เขาไปโรงเรียนทุกวัน"), ["เขา", "ไป", "โรงเรียน", "ทุก", "วัน"]);
        assert_eq!(words("ท้องฟ้าสวยงาม"), ["ท้องฟ้า", "สวยงาม"]);
        // The longest word at each place, หาม (to carry), would leave เห and สี for the queen.
        assert_eq!(words("ไปหามเหสี"), ["ไป", "หา", "มเหสี"]);
    }

    #[test]
    fn a_noun_made_of_a_verb_is_one_word() {
        assert_eq!(words("ความสุขของการศึกษา"), ["ความสุข", "ของ", "การศึกษา"]);
    }

    #[test]
    fn signs_of_repetition_are_words_and_signs_of_abbreviation_are_not() {
        assert_eq!(words("เด็กๆ"), ["เด็ก", "ๆ"]);
        assert_eq!(words("กรุงเทพฯ"), ["กรุงเทพฯ"]);
    }

    #[test]
    fn digits_are_one_word() {
        assert_eq!(words("ปี๒๕๖๗"), ["ปี", "๒๕๖๗"]);
    }

    #[test]
    fn lao_khmer_and_burmese_are_cut_into_words() {
        assert_eq!(words("ຂ້ອຍຮັກປະເທດລາວ"), ["ຂ້ອຍ", "ຮັກ", "ປະເທດ", "ລາວ"]);
        assert_eq!(words("ខ្ញុំស្រលាញ់ប្រទេសកម្ពុជា"), ["ខ្ញុំ", "ស្រលាញ់", "ប្រទេស", "កម្ពុជា"]);
        assert_eq!(words("ကလေးများကျောင်းသွား"), ["ကလေး", "များ", "ကျောင်း", "သွား"]);
    }
}
