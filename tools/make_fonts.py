"""Make the fonts that the package carries, once, from two npm packages.

    npm pack @fontsource-variable/source-serif-4@5.3.1 @fontsource/gowun-batang@5.3.0
    (unpack them as serif/ and gowun/ into one folder)
    pip install fonttools brotli
    python tools/make_fonts.py FOLDER src/yeonjwa/report/data/fonts

Both faces are under the SIL Open Font License 1.1. Source Serif reserves the name "Source", so every
derived file is renamed: families "Yeonjwa Serif" and "Yeonjwa Hangul". Two kinds of file come out: WOFF2 to
be embedded in pages, static TTF for figures drawn without a browser.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

WORDS = """
연좌 연좌제 친척 인척 친족 혈족 가족 가계 가구 세대 촌수 일촌 이촌 삼촌 사촌 오촌 육촌 칠촌 팔촌 구촌 십촌 친가 외가 처가 시가 시댁 본가 부계 모계 양가
부모 아버지 어머니 아빠 엄마 할아버지 할머니 외할아버지 외할머니 조부모 조부 조모 외조부 외조모 증조 고조 현조 증조할아버지 고조할머니 선조 조상
형 오빠 누나 언니 동생 남동생 여동생 형제 자매 형제자매 남매 이복 이부 쌍둥이 아들 딸 자녀 자식 장남 차남 장녀 막내 손자 손녀 손주 외손자 외손녀 증손자 증손녀 고손자 현손 손자녀 후손 직계 방계
조카 조카딸 질녀 생질 생질녀 이질 이질녀 종손 종손녀 재종손 큰아버지 작은아버지 큰어머니 작은어머니 백부 숙부 백모 숙모 중부 계부 고모 고모부 이모 이모부 외삼촌 외숙 외숙모 당숙 당고모 종숙 종고모 재당숙 재종 삼종
내종 외종 이종 고종 종형 종제 종자매 종형제 재종형제 삼종형제 당질 당질녀 종질 재종질 삼종질 진외가 외당숙 이종숙 종조 종조부 종조모 재종조 왕고모 대고모 대고모할머니 존고모 족숙 족조 큰할아버지 작은할아버지 아주버니 아주머니 아저씨
배우자 남편 아내 부부 부인 처 시부모 시아버지 시어머니 장인 장모 처남 처제 처형 처남댁 시누이 시동생 도련님 서방님 동서 사위 며느리 매형 매제 매부 자형 형수 제수 계수 형부 제부 올케 사돈 의붓 새어머니 새아버지 홀아비 과부
평양 평양시 평안남도 평안북도 자강도 황해남도 황해북도 강원도 함경남도 함경북도 량강도 양강도 라선 나선 남포 개성 신의주 단둥 혜산 회령 온성 무산 청진 함흥 원산 사리원 해주 강계 평성 압록강 두만강 백두산
성분 토대 핵심 동요 적대 계층 출신 당 당원 입당 로동당 노동당 조선 조선로동당 국가 보위성 국가보위성 보위부 보위원 보안성 안전성 안전원 사회안전성 관리소 정치범 수용소 교화소 교화 단련대 집결소 추방 처벌 처형 숙청 강등 해임 출당 제대 입대 대학 진학
탈북 탈북자 탈북민 도강 비법월경 월경 북송 송환 브로커 송금 행방불명 행불 사망 실종 신고 고발 밀고 감시 신원 조회 신원조회 문건 서류 간부 간부과 비서 비서국 도당 군당 위원회 행정 일꾼 무역 외화벌이 주재원 대표 소환 파견 해외
유일사상 유일령도체계 십대원칙 원칙 김일성 김정일 김정은 지시 방침 포고 강연 공포 비밀 소문 협박 암시 위협 지원 부양 돈주 장마당 시장 배급 고난 행군 기근 흉년 쌀 돈 원 달러 위안 바구니
북한 남한 남조선 북조선 한국 중국 통일부 하나원 인민 인민군 국경 국경경비대 경비대 강 두 세 네 다섯 여섯 일곱 여덟 아홉 열 년 월 일 명 건 가 나 다 라 마 바 사 아 자 차 카 타 파 하
보고서 그림 표 자료 출처 등급 가정 합성 인물 모의 실험 나라 법 죄 벌 삼족 구족 멸족 족보 호적 호주 본관 성씨 이름
"""
HANGUL = re.compile("[\uac00-\ud7a3]")


def core_syllables(package: Path) -> set[int]:
    """Syllables of the words above and of every source file of the package."""
    text = WORDS
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".toml", ".csv", ".j2", ".css", ".md"}:
            text += path.read_text(encoding="utf-8")
    return {ord(c) for c in HANGUL.findall(text)} | set(range(0x3131, 0x3164))


def everyday_syllables() -> set[int]:
    """The 2,350 syllables of KS X 1001."""
    found = set()
    for code in range(0xAC00, 0xD7A4):
        try:
            raw = chr(code).encode("euc_kr")
        except UnicodeEncodeError:
            continue
        if len(raw) == 2:
            found.add(code)
    return found


def rename(font: TTFont, family: str, style: str) -> None:
    """Give a derived font its own name; the copyright line stays."""
    table = font["name"]
    postscript = f"{family.replace(' ', '')}-{style.replace(' ', '')}"
    for record in list(table.names):
        if record.nameID in {16, 17, 21, 22, 25} or 1 <= record.nameID <= 6:
            table.removeNames(nameID=record.nameID)
    version = "Version 1.000; derived and renamed for yeonjwa"
    for key, text in {
        1: family,
        2: style,
        3: f"{postscript};1.000",
        4: f"{family} {style}",
        5: version,
        6: postscript,
    }.items():
        table.setName(text, key, 3, 1, 0x409)
    if "STAT" in font:
        del font["STAT"]


def cut(font: TTFont, codes: set[int] | None) -> TTFont:
    """The font with these characters only (all if None), all layout features kept, no hints."""
    options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True, name_IDs=["*"])
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes or set(font.getBestCmap()))
    worker.subset(font)
    return font


def save(font: TTFont, path: Path, flavor: str | None) -> None:
    """Write one file and say its size."""
    font.flavor = flavor
    font.save(path)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def main(source: Path, target: Path) -> None:
    """All fonts."""
    serif, gowun = source / "serif" / "files", source / "gowun" / "files"
    roman, italic = (
        serif / "source-serif-4-latin-opsz-normal.woff2",
        serif / "source-serif-4-latin-wght-italic.woff2",
    )
    for path, style, name in [
        (roman, "Regular", "yeonjwa-serif"),
        (italic, "Italic", "yeonjwa-serif-italic"),
    ]:
        font = cut(TTFont(path), None)
        rename(font, "Yeonjwa Serif", style)
        save(font, target / f"{name}.woff2", "woff2")
    for path, style, axes in [
        (roman, "Regular", {"wght": 400, "opsz": 11}),
        (roman, "SemiBold", {"wght": 600, "opsz": 11}),
        (italic, "Italic", {"wght": 400}),
    ]:
        font = instancer.instantiateVariableFont(TTFont(path), axes)
        font["OS/2"].usWeightClass = axes["wght"]
        rename(font, "Yeonjwa Serif", style)
        save(cut(font, None), target / f"yeonjwa-serif-{style.lower()}.ttf", None)
    core = core_syllables(target.parents[1].parent)
    (target / "core.txt").write_text("".join(map(chr, sorted(core))) + "\n", encoding="utf-8")
    print(f"{len(core)} core characters")
    for weight, style, codes, name in [
        (400, "Regular", core, "yeonjwa-hangul-core-400"),
        (700, "Bold", core, "yeonjwa-hangul-core-700"),
        (400, "Regular", everyday_syllables() - core, "yeonjwa-hangul-rest-400"),
        (700, "Bold", everyday_syllables() - core, "yeonjwa-hangul-rest-700"),
    ]:
        font = cut(TTFont(gowun / f"gowun-batang-korean-{weight}-normal.woff2"), codes)
        rename(font, "Yeonjwa Hangul", style)
        save(font, target / f"{name}.woff2", "woff2")
    # Figures drawn without a browser may say anything in Korean: the whole of what is in use.
    font = cut(TTFont(gowun / "gowun-batang-korean-400-normal.woff2"), core | everyday_syllables())
    rename(font, "Yeonjwa Hangul", "Regular")
    save(font, target / "yeonjwa-hangul-regular.ttf", None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
