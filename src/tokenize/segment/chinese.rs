//! What the dictionary does not know about Chinese: which of its words are phrases of a number and
//! a measure word, and which characters make foreign names.
//!
//! In: characters, in traditional or simplified form. Out: their classes. In Chinese treebanks a
//! number or demonstrative and the measure word behind it are two words (`一 個`, `這 次`); names
//! that are no words of the dictionary are single characters that seldom stand alone, side by side.

/// The cost from which on a single character seldom is a word of its own. Between 54 and 62, F1
/// changes by less than 0.5.
pub(super) const RARE: i32 = 56;

/// Most characters of a name that is put together.
pub(super) const LONGEST_NAME: usize = 8;

/// Digits and powers of ten.
#[rustfmt::skip]
pub(super) fn is_number(character: char) -> bool {
    matches!(
        character,
        '〇' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千' | '万'
        | '萬' | '亿' | '億' | '兆' | '两' | '兩' | '廿' | '卅'
    )
}

/// Words that stand before a number and a measure word.
pub(super) fn is_determiner(character: char) -> bool {
    matches!(character, '第' | '同' | '另' | '這' | '这' | '那')
}

/// Whether the first of two characters is a number or a demonstrative, the second a measure word,
/// and both together no common word.
#[rustfmt::skip]
pub(super) fn is_counted(first: char, second: char) -> bool {
    let counts = matches!(
        first,
        '一' | '二' | '两' | '兩' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千' | '几'
        | '幾' | '数' | '數' | '這' | '这' | '那' | '哪' | '另'
    );
    let is_word = matches!(
        (first, second),
        ('十' | '百', '分') | ('一', '點' | '点') | ('三', '國' | '国')
    );
    counts && is_measure(second) && !is_word
}

/// Whether two characters are a pronoun and its verb, or a verb and the particle of its aspect, and
/// no word.
pub(super) fn is_clause(first: char, second: char) -> bool {
    match second {
        '是' | '有' | '在' | '會' | '会' | '要' | '說' | '说' => {
            matches!(first, '這' | '这' | '那' | '它' | '他' | '她' | '我' | '你' | '也')
        }
        '了' => !matches!(first, '為' | '为' | '除' | '罷' | '罢'),
        _ => false,
    }
}

/// Measure words.
#[rustfmt::skip]
fn is_measure(character: char) -> bool {
    matches!(
        character,
        '個' | '个' | '位' | '名' | '種' | '种' | '次' | '項' | '项' | '座' | '件' | '場' | '场' | '條' | '条'
        | '部' | '家' | '間' | '间' | '隻' | '只' | '張' | '张' | '本' | '篇' | '首' | '支' | '枝' | '棵'
        | '顆' | '颗' | '塊' | '块' | '片' | '段' | '番' | '輪' | '轮' | '批' | '群' | '組' | '组' | '對'
        | '对' | '雙' | '双' | '套' | '台' | '臺' | '輛' | '辆' | '艘' | '架' | '層' | '层' | '代' | '步'
        | '點' | '点' | '句' | '字' | '頁' | '页' | '歲' | '岁' | '年' | '天' | '月' | '週' | '周' | '分'
        | '秒' | '元' | '國' | '国' | '州' | '倍' | '成'
    )
}

/// Frequent words of one character, which are no part of a name: particles, prepositions, pronouns,
/// auxiliaries, adverbs, numbers and measure words.
#[rustfmt::skip]
pub(super) fn is_function(character: char) -> bool {
    is_number(character) || is_determiner(character) || matches!(
        character,
        '的' | '地' | '得' | '了' | '着' | '著' | '過' | '过' | '是' | '在' | '有' | '和' | '與' | '与' | '及'
        | '或' | '而' | '且' | '但' | '並' | '并' | '也' | '都' | '就' | '才' | '還' | '还' | '又' | '再'
        | '太' | '很' | '最' | '更' | '只' | '不' | '沒' | '没' | '非' | '無' | '无' | '未' | '勿' | '別'
        | '别' | '把' | '被' | '給' | '给' | '讓' | '让' | '叫' | '使' | '由' | '從' | '从' | '自' | '向'
        | '往' | '於' | '于' | '對' | '对' | '為' | '为' | '以' | '因' | '跟' | '比' | '將' | '将' | '要'
        | '會' | '会' | '能' | '可' | '應' | '应' | '該' | '该' | '須' | '须' | '曾' | '已' | '正' | '仍'
        | '即' | '則' | '则' | '若' | '如' | '像' | '似' | '它' | '他' | '她' | '你' | '您' | '我' | '們'
        | '们' | '咱' | '誰' | '谁' | '啥' | '哪' | '此' | '其' | '之' | '者' | '所' | '每' | '各' | '某'
        | '些' | '個' | '个' | '位' | '名' | '種' | '种' | '次' | '件' | '條' | '条' | '項' | '项' | '張'
        | '张' | '份' | '艘' | '座' | '隻' | '家' | '內' | '内' | '外' | '中' | '上' | '下' | '前' | '後'
        | '后' | '時' | '时' | '裡' | '里' | '間' | '间' | '等' | '約' | '约' | '均' | '屬' | '属' | '據'
        | '据' | '當' | '当' | '連' | '连' | '數' | '数' | '幾' | '几' | '說' | '说' | '來' | '来' | '去'
        | '住' | '走'
    )
}
