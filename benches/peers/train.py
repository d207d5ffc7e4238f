"""Word vectors by one Python library, in a process of its own: `train.py METHOD TOKENS VECTORS SETTINGS`.

TOKENS has a document a line and a blank between tokens, as `eigenlex tokens` writes it; VECTORS becomes a word2vec text file, the frequent
words first; SETTINGS is JSON: dim, threads, seed, min_count, and what the method takes besides. See words.py.
"""

import json
import sys
from collections import Counter


def write(path, words, rows):
    with open(path, "w", encoding="utf-8") as file:
        print(len(words), len(rows[0]), file=file)
        for word, row in zip(words, rows):
            print(word, *(f"{number:.6g}" for number in row), file=file)


def documents_of(tokens):
    with open(tokens, encoding="utf-8") as lines:
        for line in lines:
            yield line.split()


def frequent_words(tokens, min_count):
    """The words that occur so often, the most frequent first."""
    counts = Counter()
    for document in documents_of(tokens):
        counts.update(document)
    return sorted((word for word, count in counts.items() if count >= min_count), key=lambda word: (-counts[word], word))


def by_gensim(tokens, vectors, settings):
    """Mikolov et al. (2013): skip-gram or CBOW with negative sampling."""
    from gensim.models.word2vec import LineSentence, Word2Vec

    # A longer line is cut: word2vec's code skips the rest of a sentence of more than 10,000 tokens.
    model = Word2Vec(
        LineSentence(tokens, max_sentence_length=10_000),
        vector_size=settings["dim"],
        workers=settings["threads"],
        min_count=settings["min_count"],
        seed=settings["seed"],
        sg=settings["skip_gram"],
        window=5,
        negative=5,
        epochs=settings["epochs"],
    )
    model.wv.save_word2vec_format(vectors)


def by_fasttext(tokens, vectors, settings):
    """Bojanowski et al. (2017): skip-gram whose word is the sum of its character n-grams."""
    import fasttext

    model = fasttext.train_unsupervised(
        tokens,
        model="skipgram" if settings["skip_gram"] else "cbow",
        dim=settings["dim"],
        thread=settings["threads"],
        minCount=settings["min_count"],
        epoch=settings["epochs"],
        ws=5,
        neg=5,
        verbose=0,
    )
    # `</s>`, the end of a line, is no word.
    words = [word for word in model.get_words() if word != "</s>"]
    write(vectors, words, [model.get_word_vector(word) for word in words])


def by_scikit_learn(tokens, vectors, settings):
    """Latent semantic analysis (Deerwester et al. 1990): tf-idf of documents of 200 tokens, truncated SVD, a word is V S."""
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = frequent_words(tokens, settings["min_count"])
    documents = [line[start : start + 200] for line in documents_of(tokens) for start in range(0, len(line), 200)]
    weigh = TfidfVectorizer(analyzer=lambda document: document, vocabulary=words, sublinear_tf=True, dtype=np.float32)
    svd = TruncatedSVD(settings["dim"], random_state=settings["seed"])
    svd.fit(weigh.fit_transform(documents))
    write(vectors, words, (svd.components_ * svd.singular_values_[:, None]).T)


def by_glove(tokens, vectors, settings):
    """Pennington et al. (2014), in the form of glove-python: windows of 10, weights 1/d, one vector a word."""
    from glove import Corpus, Glove

    words = frequent_words(tokens, settings["min_count"])
    corpus = Corpus(dictionary={word: number for number, word in enumerate(words)})
    corpus.fit(documents_of(tokens), window=10, ignore_missing=True)
    model = Glove(no_components=settings["dim"], learning_rate=0.05, random_state=settings["seed"])
    model.fit(corpus.matrix, epochs=settings["epochs"], no_threads=settings["threads"])
    write(vectors, words, model.word_vectors)


METHODS = {"gensim": by_gensim, "fasttext": by_fasttext, "glove": by_glove, "scikit-learn": by_scikit_learn}

if __name__ == "__main__":
    method, tokens, vectors, settings = sys.argv[1:]
    METHODS[method](tokens, vectors, json.loads(settings))
