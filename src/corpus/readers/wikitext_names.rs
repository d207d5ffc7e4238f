//! Names that wikitext gives a meaning: tags, namespaces, schemes of addresses.

/// What an external link begins with.
pub(super) const SCHEMES: [&str; 7] =
    ["http://", "https://", "//", "ftp://", "mailto:", "irc://", "news:"];

/// A tag that wikitext knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) kind: TagKind,
}

/// What happens to a tag and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    /// The content is text.
    Inline,
    /// The content is text on lines of its own.
    Block,
    /// A space stands for the tag.
    Space,
    /// The content is left out.
    LeftOut,
    /// The content is text in which nothing is a mark.
    Literal,
}

const LEFT_OUT: [&str; 26] = [
    "ref",
    "references",
    "math",
    "chem",
    "ce",
    "gallery",
    "timeline",
    "score",
    "imagemap",
    "syntaxhighlight",
    "source",
    "graph",
    "mapframe",
    "maplink",
    "hiero",
    "inputbox",
    "templatedata",
    "templatestyles",
    "categorytree",
    "indicator",
    "includeonly",
    "script",
    "style",
    "rt",
    "rp",
    "html",
];

const LITERAL: [&str; 2] = ["nowiki", "pre"];

const BLOCKS: [&str; 24] = [
    "p",
    "div",
    "center",
    "blockquote",
    "table",
    "caption",
    "tr",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "poem",
    "section",
    "noinclude",
    "onlyinclude",
];

const SPACES: [&str; 3] = ["br", "td", "th"];

const INLINE: [&str; 36] = [
    "b",
    "i",
    "u",
    "s",
    "em",
    "strong",
    "small",
    "big",
    "sub",
    "sup",
    "span",
    "font",
    "tt",
    "code",
    "var",
    "kbd",
    "samp",
    "cite",
    "q",
    "del",
    "ins",
    "abbr",
    "dfn",
    "bdi",
    "bdo",
    "mark",
    "ruby",
    "rb",
    "rbc",
    "rtc",
    "strike",
    "wbr",
    "time",
    "data",
    "langconvert",
    "a",
];

/// The tag of a name, in any case.
pub(super) fn tag(name: &[u8]) -> Option<Tag> {
    let kinds: [(&[&'static str], TagKind); 5] = [
        (&LEFT_OUT, TagKind::LeftOut),
        (&LITERAL, TagKind::Literal),
        (&SPACES, TagKind::Space),
        (&BLOCKS, TagKind::Block),
        (&INLINE, TagKind::Inline),
    ];
    kinds.into_iter().find_map(|(names, kind)| {
        let known = names.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name));
        known.map(|&name| Tag { name, kind })
    })
}

/// Names of the namespaces whose links show nothing: files and categories.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    files: Vec<String>,
    categories: Vec<String>,
}

/// Names of the namespace of files that are accepted everywhere, or were the names of it once.
const FILES: [&str; 40] = [
    "file",
    "image",
    "media",
    "datei",
    "bild",
    "fichier",
    "archivo",
    "imagen",
    "ficheiro",
    "arquivo",
    "imagem",
    "immagine",
    "bestand",
    "afbeelding",
    "plik",
    "grafika",
    "файл",
    "изображение",
    "зображення",
    "soubor",
    "súbor",
    "fil",
    "billede",
    "tiedosto",
    "kuva",
    "dosya",
    "resim",
    "fájl",
    "kép",
    "fitxer",
    "imatge",
    "ファイル",
    "画像",
    "파일",
    "그림",
    "文件",
    "檔案",
    "ملف",
    "پرونده",
    "קובץ",
];

/// The same for the namespace of categories.
const CATEGORIES: [&str; 22] = [
    "category",
    "kategorie",
    "catégorie",
    "categoría",
    "categoria",
    "kategoria",
    "categorie",
    "категория",
    "категорія",
    "kategori",
    "kategória",
    "luokka",
    "kategorija",
    "κατηγορία",
    "カテゴリ",
    "분류",
    "分类",
    "分類",
    "تصنيف",
    "رده",
    "קטגוריה",
    "श्रेणी",
];

/// Prefixes of two or three letters that are no languages: links to other projects.
const NO_LANGUAGES: [&str; 7] = ["mw", "doi", "rfc", "b", "nost", "voy", "tel"];

/// Language codes that are longer than three letters.
const LONG_LANGUAGES: [&str; 8] = [
    "simple",
    "be-tarask",
    "be-x-old",
    "zh-yue",
    "zh-min-nan",
    "zh-classical",
    "roa-rup",
    "tokipona",
];

/// Bytes of the longest prefix of a link that is looked at.
const LONGEST_PREFIX: usize = 64;

impl Namespaces {
    pub(super) fn add_file(&mut self, name: &str) {
        self.files.push(name.to_lowercase());
    }

    pub(super) fn add_category(&mut self, name: &str) {
        self.categories.push(name.to_lowercase());
    }

    /// Whether a link to this target shows nothing: a file, a category, the same article in another
    /// language.
    pub(super) fn leave_out(&self, target: &str) -> bool {
        // Prefixes are short; another `:` may stand far behind.
        let head = target.bytes().take(LONGEST_PREFIX);
        let Some(length) = head.into_iter().position(|byte| byte == b':') else { return false };
        let (prefix, rest) = (target[..length].trim(), &target[length + 1..]);
        is_language(prefix) && !rest.starts_with(' ') || {
            let prefix = prefix.to_lowercase().replace('_', " ");
            FILES.contains(&prefix.as_str())
                || CATEGORIES.contains(&prefix.as_str())
                || self.files.contains(&prefix)
                || self.categories.contains(&prefix)
        }
    }
}

fn is_language(prefix: &str) -> bool {
    let is_short = matches!(prefix.len(), 2 | 3) && prefix.bytes().all(|b| b.is_ascii_lowercase());
    is_short && !NO_LANGUAGES.contains(&prefix) || LONG_LANGUAGES.contains(&prefix)
}
