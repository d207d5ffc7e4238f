//! What the dictionary does not know about Japanese: forms of verbs, auxiliaries, and which of its
//! words are phrases of particles.
//!
//! In: kana beside each other. Out: which dictionary form they may come from, and whether they are
//! one word. The words are the short units of the Universal Dependencies treebanks: a stem with its
//! first ending (`書か`, `読ん`), then each auxiliary and particle.

use super::characters::is_hiragana;

/// How much less a form costs than its verb's dictionary form; verbs inflect more often than not.
pub(super) const INFLECTED: i32 = 30;

/// What an auxiliary costs that is not in the dictionary.
pub(super) const AUXILIARY: i32 = 45;

/// Most syllables of an auxiliary.
pub(super) const LONGEST_AUXILIARY: usize = 4;

/// Whether auxiliaries may begin with this character.
pub(super) fn is_hiragana_start(character: char) -> bool {
    is_hiragana(character)
}

/// The dictionary endings of verbs of which `ending` is another (conjugation in five steps); `next`
/// is the character behind, which the forms for the past and the participle ask for.
pub(super) fn dictionary_endings(ending: char, next: char) -> &'static [char] {
    let before_t = matches!(next, 'て' | 'た');
    let before_d = matches!(next, 'で' | 'だ');
    match ending {
        'い' if before_t => &['く', 'う'],
        'い' if before_d => &['ぐ', 'う'],
        'っ' if before_t => &['つ', 'る', 'う'],
        'ん' if before_d => &['ぬ', 'ぶ', 'む'],
        'か' | 'き' | 'け' | 'こ' => &['く'],
        'が' | 'ぎ' | 'げ' | 'ご' => &['ぐ'],
        'さ' | 'し' | 'せ' | 'そ' => &['す'],
        'た' | 'ち' | 'て' | 'と' => &['つ'],
        'な' | 'に' | 'ね' | 'の' => &['ぬ'],
        'ば' | 'び' | 'べ' | 'ぼ' => &['ぶ'],
        'ま' | 'み' | 'め' | 'も' => &['む'],
        'ら' | 'り' | 'れ' | 'ろ' => &['る'],
        'わ' | 'い' | 'え' | 'お' => &['う'],
        _ => &[],
    }
}

/// Whether the ending and `う` behind it are the form of an intention, as in `帰ろう`.
pub(super) fn is_volitional(ending: char) -> bool {
    matches!(ending, 'こ' | 'ご' | 'そ' | 'と' | 'の' | 'ぼ' | 'も' | 'ろ' | 'お')
}

/// How many characters form another ending of an adjective in `い`: `面白かっ`, `面白く`,
/// `面白けれ`.
pub(super) fn adjective_ending(first: char, second: char) -> Option<usize> {
    match (first, second) {
        ('か', 'っ') | ('け', 'れ') => Some(2),
        ('く', _) => Some(1),
        _ => None,
    }
}

/// Whether a stem to which `る` is added may end so (conjugation in one step).
pub(super) fn ends_ichidan_stem(character: char) -> bool {
    matches!(
        character,
        'い' | 'き'
            | 'し'
            | 'ち'
            | 'に'
            | 'ひ'
            | 'み'
            | 'り'
            | 'ぎ'
            | 'じ'
            | 'び'
            | 'え'
            | 'け'
            | 'せ'
            | 'て'
            | 'ね'
            | 'へ'
            | 'め'
            | 'れ'
            | 'げ'
            | 'ぜ'
            | 'で'
            | 'べ'
            | 'ぺ'
    )
}

/// Endings, auxiliaries and words without an own Chinese character that the dictionary lacks.
pub(super) fn is_auxiliary(word: &str) -> bool {
    matches!(
        word,
        "なかっ"
            | "なけれ"
            | "なく"
            | "なっ"
            | "なり"
            | "あっ"
            | "あり"
            | "だっ"
            | "だろう"
            | "でしょう"
            | "ましょう"
            | "いっ"
            | "いき"
            | "いけ"
            | "おき"
            | "おい"
            | "しまっ"
            | "しまい"
            | "たく"
            | "たい"
            | "たかっ"
            | "くださ"
            | "ください"
            | "くれ"
            | "もらっ"
            | "べき"
            | "すれ"
            | "しれ"
            | "でき"
            | "できれ"
            | "わかっ"
            | "わかり"
            | "わから"
            | "られ"
            | "れる"
            | "られる"
            | "もの"
            | "こと"
            | "のみ"
            | "ごと"
            | "とも"
            | "もし"
            | "とて"
            | "しか"
            | "さえ"
            | "まま"
            | "よっ"
            | "まし"
            | "ませ"
            | "でし"
            | "とても"
    )
}

/// Whether a word of the dictionary is a phrase of several short units.
pub(super) fn is_phrase(word: &str) -> bool {
    matches!(
        word,
        "てい"
            | "した"
            | "として"
            | "という"
            | "といった"
            | "により"
            | "によって"
            | "による"
            | "について"
            | "に関する"
            | "に関して"
            | "に対し"
            | "に対して"
            | "に対する"
            | "とともに"
            | "における"
            | "において"
            | "に従って"
            | "これらの"
            | "それらの"
            | "させる"
            | "となり"
            | "を通じて"
            | "を通して"
    )
}
