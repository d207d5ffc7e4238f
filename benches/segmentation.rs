//! How fast text is cut into words where no spaces stand between them, with English beside it.
//!
//! `cargo bench --bench segmentation`. Each text is a few sentences, repeated; its number of words
//! is checked once before it is timed.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eigenlex::tokenize::{Tokenizer, TokenizerConfig};

/// Bytes of each text, at least.
const SIZE: usize = 1_000_000;

const TEXTS: [(&str, &str); 7] = [
    (
        "thai",
        "เช้าวันนี้ฝนตกหนักแต่ตลาดริมแม่น้ำยังเต็มไปด้วยผู้คน แม่ค้าขายผลไม้และดอกไม้สดจากสวนของตนเอง \
         เด็กสองคนวิ่งเล่นอยู่ใต้สะพานไม้",
    ),
    ("lao", "ຕອນເຊົ້າມື້ນີ້ຝົນຕົກໜັກ ຕະຫຼາດແຄມນ້ຳມີຄົນຫຼາຍ ແມ່ຄ້າຂາຍໝາກໄມ້ແລະດອກໄມ້ຈາກສວນ"),
    (
        "khmer",
        "ព្រឹកនេះភ្លៀងធ្លាក់ខ្លាំង ប៉ុន្តែផ្សារនៅមាត់ទន្លេមានមនុស្សច្រើន \
         អ្នកលក់យកផ្លែឈើនិងផ្កាពីសួនរបស់ខ្លួនមកលក់",
    ),
    (
        "burmese",
        "ဒီမနက်မိုးသည်းထန်စွာရွာသော်လည်း မြစ်ကမ်းနားကဈေးမှာ လူများစွာရှိသည် \
         ကလေးများတံတားအောက်မှာကစားနေကြသည်",
    ),
    (
        "chinese",
        "今天早上下了大雨，但是河边的市场里仍然有很多人。妇女们卖自己园子里的水果和鲜花，两个孩子在木桥下面玩耍。",
    ),
    (
        "japanese",
        "今朝は雨がひどく降ったが、川沿いの市場は人でいっぱいだった。女たちは自分の畑で採れた果物や花を売り、子供が二人、木の橋の下で遊んでいた。",
    ),
    (
        "english",
        "It rained heavily this morning, but the market by the river was full of people. Women \
         sold fruit and flowers from their own gardens. ",
    ),
];

fn segmentation(criterion: &mut Criterion) {
    let tokenizer = Tokenizer::new(&TokenizerConfig::default()).expect("no file is needed");
    let n_words = |text: &str| {
        let mut n_words = 0usize;
        tokenizer.tokenize(text, |word| n_words += usize::from(!word.is_empty())).map(|()| n_words)
    };
    let mut group = criterion.benchmark_group("words");
    group.sample_size(20);
    for (language, sentences) in TEXTS {
        let once = format!("{sentences}\n");
        let n = SIZE / once.len() + 1;
        let text = once.repeat(n);
        assert_eq!(n_words(&text).ok(), n_words(&once).ok().map(|words| words * n));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(language, |bench| bench.iter(|| black_box(n_words(&text))));
    }
}

criterion_group!(benches, segmentation);
criterion_main!(benches);
