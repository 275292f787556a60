"""From what is said to what is looked up: words without endings, of Chinese pairs of signs. Pure.

Of six languages four inflect, and one writes no gaps. So a word is folded (case, accents, the several spellings of Persian), cut
to a stem, and looked up as its first letters as well; Chinese is looked up by each two signs in a row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

STEM = 5
"""So many letters of a word stand for it, whatever it ends with [fit: 4 to 6 were tried on the tuned half of the bench]."""
MOST_WORDS = 80
"""Of what is said so much is looked up, the last words."""
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_FOLDED = str.maketrans({"ي": "ی", "ك": "ک", "ۀ": "ه", "ة": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ё": "е", "\u200c": " ", "’": "'"})
_STOP = frozenset(
    "a an the is are i my me you your it its to of in on at and or for do does not no can have has was be with that this what how "
    "es man mans mana mani jus jusu ir nav un vai ka kas ko no uz ar par bet pie lai to tas ta sis si vel jau loti ludzu labdien "
    "я мне мой моя мое мою у меня вы ваш и в во на не что как это с со по за из от к ко а но или же бы уже еще так он она оно ли до "
    "мені мій моє мою мене ви й у не що як це з із зі та чи але вже ще так він вона воно до від "
    "من را از به در که و این آن با برای هم می نمی است شد شده تا هر یک ها های ام اش ای چه"
    .split()
)
"""Words that say nothing of what is meant."""


def terms(text: str) -> list[str]:
    """Return what a text is looked up by, in order, and as often as it is there."""
    return list(_terms(folded(text)))


def folded(text: str) -> str:
    """Return a text as it is compared: small, without accents, Persian in one spelling."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return unicodedata.normalize("NFC", "".join(one for one in apart if not unicodedata.combining(one))).translate(_FOLDED)


def _terms(text: str) -> Iterator[str]:
    for word in _WORD.findall(text)[-MOST_WORDS:]:
        if _HAN.search(word):
            for signs in _HAN.findall(word):
                yield from (signs[at : at + 2] for at in range(max(1, len(signs) - 1)))
        elif word not in _STOP:
            yield _stem(word)


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    return word[:STEM]
