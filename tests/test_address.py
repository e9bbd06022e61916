import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafter.address import CLOSINGS, greeting, is_student, name_forms, rank, sign_off, surname_of
from drafter.candidate import Candidate, load_sender


def person(name: str = "", position: str = "", salutation: str = "") -> Candidate:
    return Candidate(name=name, position=position, salutation=salutation, interests=("reward models",))


@pytest.mark.parametrize(
    ("name", "position", "zh", "en"),
    [
        # Chinese names
        ("陈伟", "教授", "陈教授：", "Dear Professor 陈伟,"),
        ("陈伟", "副教授、博士生导师", "陈教授：", "Dear Professor 陈伟,"),
        ("陈偉", "Assistant Professor", "陈教授：", "Dear Professor 陈偉,"),
        ("陈伟", "课题组长", "陈教授：", "Dear 陈伟,"),
        ("陈 伟", "博士后", "陈博士：", "Dear Dr. 陈伟,"),
        ("陈伟", "副研究员", "陈老师：", "Dear 陈伟,"),
        ("陈伟", "独立研究员", "陈老师：", "Dear 陈伟,"),
        ("欧阳明月", "博士生", "欧阳同学：", "Dear 欧阳明月,"),
        ("諸葛明", "硕士研究生", "諸葛同学：", "Dear 諸葛明,"),
        ("王小明", "算法工程师", "王小明您好：", "Dear 王小明,"),
        ("王小明", "", "王老师：", "Dear 王小明,"),
        ("王小明", "研究科学家", "王老师：", "Dear 王小明,"),
        ("王小明教授", "", "王教授：", "Dear Professor 王小明,"),
        ("王小明（已联系）", "", "王老师：", "Dear 王小明,"),
        # names in Chinese characters whose surname is not certain
        ("山本翔", "教授", "山本翔教授：", "Dear Professor 山本翔,"),
        ("山本 明子", "教授", "山本教授：", "Dear Professor 山本明子,"),
        ("古丽娜·买买提", "", "古丽娜·买买提老师：", "Dear 古丽娜·买买提,"),
        ("陈方安明", "", "陈方安明老师：", "Dear 陈方安明,"),
        # both forms
        ("陈伟 (Wei Chen)", "教授", "陈教授：", "Dear Professor Wei Chen,"),
        ("Wei Chen（陈伟）", "PhD student", "陈同学：", "Dear Wei Chen,"),
        ("陈伟/Xiaowei Chen", "博士生", "陈同学：", "Dear Xiaowei,"),
        ("陈伟 (Example University)", "", "陈老师：", "Dear 陈伟,"),
        ("김민수 (Minsu Kim)", "student", "Minsu Kim 同学：", "Dear Minsu,"),
        # Latin names of East Asia: the order is only sure where one word alone can be the surname
        ("Wei Chen", "", "Wei Chen 老师：", "Dear Wei Chen,"),
        ("Wei Chen", "Professor", "Wei Chen 教授：", "Dear Professor Wei Chen,"),
        ("Wei Chen", "Postdoc", "Wei Chen 博士：", "Dear Dr. Wei Chen,"),
        ("Wei Chen", "PhD student", "Wei Chen 同学：", "Dear Wei Chen,"),
        ("Wei Chen 0012", "software engineer", "Wei Chen 您好：", "Dear Wei Chen,"),
        ("Xiaoming Wang", "PhD student", "Xiaoming Wang 同学：", "Dear Xiaoming,"),
        ("Wang Xiaoming", "PhD student", "Wang Xiaoming 同学：", "Dear Xiaoming,"),
        ("CHEN Wei", "PhD student", "Chen Wei 同学：", "Dear Wei,"),
        ("Chen, Wei", "Professor", "Wei Chen 教授：", "Dear Professor Chen,"),
        ("Hyun-woo Kim", "professor", "Hyun-woo Kim 教授：", "Dear Professor Kim,"),
        ("Kim Hyun-woo", "professor", "Kim Hyun-woo 教授：", "Dear Professor Kim Hyun-woo,"),
        ("Nguyen Van Anh", "PhD student", "Nguyen Van Anh 同学：", "Dear Nguyen Van Anh,"),
        ("Tanaka Kenji", "Professor", "Tanaka Kenji 教授：", "Dear Professor Tanaka Kenji,"),
        # other Latin names
        ("Nana Osei", "Postdoctoral researcher", "Nana Osei 博士：", "Dear Dr. Osei,"),
        ("Nana Osei", "Research Scientist", "Nana Osei 老师：", "Dear Nana Osei,"),
        ("Nana Osei", "PhD candidate", "Nana Osei 同学：", "Dear Nana,"),
        ("Dr. Nana Osei", "", "Nana Osei 博士：", "Dear Dr. Osei,"),
        ("Dr.Nana Osei", "Associate Professor", "Nana Osei 教授：", "Dear Professor Osei,"),
        ("Prof. Dr. Jörg Brandl", "Professor", "Jörg Brandl 教授：", "Dear Professor Brandl,"),
        ("Nana Osei, PhD", "", "Nana Osei 博士：", "Dear Dr. Osei,"),
        ("Nana Osei, MS, PhD student", "", "Nana Osei 同学：", "Dear Nana,"),
        ("Tom Marsh Jr.", "Professor", "Tom Marsh 教授：", "Dear Professor Marsh,"),
        ("Tom J. Marsh", "Professor", "Tom J. Marsh 教授：", "Dear Professor Marsh,"),
        ("Ilse van der Zand", "Professor", "Ilse van der Zand 教授：", "Dear Professor van der Zand,"),
        ("Inés de la Vega", "Prof.", "Inés de la Vega 教授：", "Dear Professor de la Vega,"),
        ("Niamh Ó Dála", "Professor", "Niamh Ó Dála 教授：", "Dear Professor Ó Dála,"),
        ("Inés Vega Luna", "Professor", "Inés Vega Luna 教授：", "Dear Professor Inés Vega Luna,"),
        ("Vega Luna, Inés", "Professor", "Inés Vega Luna 教授：", "Dear Professor Vega Luna,"),
        ("Ann Labelle", "Professor", "Ann Labelle 教授：", "Dear Professor Labelle,"),
        ("Srini R.", "Professor", "Srini R. 教授：", "Dear Professor Srini R.,"),
        ("T. Marsh", "student", "T. Marsh 同学：", "Dear T. Marsh,"),
        ("Wei", "student", "Wei 同学：", "Dear Wei,"),
        ("Tom Marsh, Example University", "student", "Tom Marsh 同学：", "Dear Tom,"),
        ('Thomas "Tom" Marsh', "student", "Thomas Marsh 同学：", "Dear Thomas,"),
        ("Иван Ветров", "Professor", "Иван Ветров 教授：", "Dear Professor Иван Ветров,"),
        # capitals
        ("NANA OSEI", "", "Nana Osei 老师：", "Dear Nana Osei,"),
        ("Jean-Luc LEBRUN", "Professor", "Jean-Luc Lebrun 教授：", "Dear Professor Lebrun,"),
        ("Ilse van der ZAND", "Professor", "Ilse van der Zand 教授：", "Dear Professor van der Zand,"),
        ("NÍAMH O'DALA", "", "Níamh O'Dala 老师：", "Dear Níamh O'Dala,"),
        ("nana osei", "", "nana osei 老师：", "Dear nana osei,"),
        ("JD Marsh", "Professor", "JD Marsh 教授：", "Dear Professor Marsh,"),
        ("NA", "", "NA 老师：", "Dear NA,"),
        # no name
        ("", "", "老师您好：", "Hello,"),
        ("", "教授", "老师您好：", "Hello,"),
        ("", "博士生", "同学您好：", "Hello,"),
        ("???", "", "老师您好：", "Hello,"),
        ("nana@example.org", "", "老师您好：", "Hello,"),
        (
            "A sentence about somebody that slipped into this column and goes on and on. " * 3,
            "",
            "老师您好：",
            "Hello,",
        ),
    ],
)
def test_greeting_from_name_and_position(name, position, zh, en):
    candidate = person(name, position)
    assert (greeting(candidate, "zh"), greeting(candidate, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("name", "salutation", "zh", "en"),
    [
        ("陈伟", "陈老师", "陈老师：", "Dear 陈伟,"),
        ("陈伟", "尊敬的陈老师：", "尊敬的陈老师：", "Dear 陈伟,"),
        ("", "陈老师，您好！", "陈老师，您好：", "Hello,"),
        ("陈伟", "陈教授", "陈教授：", "Dear Professor 陈伟,"),
        ("陈伟", "Dr. Chen", "陈博士：", "Dear Dr. Chen,"),
        ("Nana Osei", "Dr. Osei", "Osei 博士：", "Dear Dr. Osei,"),
        ("Nana Osei", "Dear Professor Osei,", "Osei 教授：", "Dear Professor Osei,"),
        ("Nana Osei", "Ms. Osei", "Osei 女士：", "Dear Ms. Osei,"),
        ("Nana Osei", "Hi Nana!", "Nana 您好：", "Hi Nana,"),
        ("Nana Osei", "奥塞老师", "奥塞老师：", "Dear Nana Osei,"),
        ("Nana Osei", "…", "Nana Osei 老师：", "Dear Nana Osei,"),
        ("Nana Osei", "Nana\nOsei", "Nana Osei 您好：", "Dear Nana Osei,"),
    ],
)
def test_the_record_s_own_salutation_is_used_where_it_fits_the_language(name, salutation, zh, en):
    candidate = person(name, salutation=salutation)
    assert (greeting(candidate, "zh"), greeting(candidate, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("Professor", "professor"),
        ("Full Professor and Dean of Students", "professor"),
        ("Professor at King's College", "professor"),
        ("Professor, director of the PhD student program", "professor"),
        ("博士生导师", "professor"),
        ("特聘教授，研究生院副院长", "professor"),
        ("Principal Investigator", "professor"),
        ("Post-doctoral fellow", "doctor"),
        ("Research Scientist (PhD)", "doctor"),
        ("王教授课题组博士后", "doctor"),
        ("Postdoc with Prof. Example", "doctor"),
        ("PhD student advised by Prof. Example", "student"),
        ("Professor Example's PhD student", "student"),
        ("博士生，导师王教授", "student"),
        ("博士二年级在读", "student"),
        ("某大学直博生", "student"),
        ("Doctoral researcher", "student"),
        ("PhD, expected 2027", "student"),
        ("Research intern", "student"),
        ("Engineer, pursuing a PhD", "student"),
        ("ML Engineer", "engineer"),
        ("前端工程师", "engineer"),
        ("Engineer; adjunct professor", "professor"),
        ("Research Scientist; former PhD student", "unknown"),
        ("International Professional Services", "unknown"),
        ("讲师", "unknown"),
        ("", "unknown"),
    ],
)
def test_rank_is_what_the_position_says(position, expected):
    candidate = person("陈伟", position)
    assert rank(candidate) == expected
    assert is_student(candidate) == (expected == "student")


def test_the_highest_of_position_and_name_counts():
    assert rank(person("Dr. Nana Osei", "engineer")) == "doctor"
    assert rank(person("Nana Osei, PhD", "Professor")) == "professor"
    assert rank(person("陈伟博士", "教授")) == "professor"


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("陈伟", "陈"),
        ("司马明", "司马"),
        ("陈伟 (Wei Chen)", "陈"),
        ("Wei Chen", ""),
        ("Jun Chen", "Chen"),
        ("Nana Osei", "Osei"),
        ("Ilse van der Zand", "van der Zand"),
        ("", ""),
    ],
)
def test_a_surname_is_only_given_where_it_is_certain(name, surname):
    assert surname_of(name) == surname


def test_name_forms_hold_what_a_greeting_may_call_the_person():
    forms = name_forms(person("王小明 (Xiaoming Wang)", "教授"))
    assert {"王教授", "王老师", "王小明", "小明", "王小明老师"} <= set(forms)
    assert {"Professor Wang", "Prof. Wang", "Dr. Wang", "Professor Xiaoming Wang", "Xiaoming"} <= set(forms)
    assert not {"王博士", "Wang", "王", "Professor Xiaoming"} & set(forms)


def test_name_forms_take_either_word_where_the_order_is_not_certain():
    assert {"Wei", "Chen", "Dr. Wei", "Dr. Chen", "Dr. Wei Chen"} <= set(name_forms(person("Wei Chen", "postdoc")))


def test_name_forms_give_no_title_that_nobody_wrote_down():
    assert name_forms(person("Nana Osei", "Research Scientist")) == ("Osei 老师", "Nana Osei 老师", "Nana Osei", "Nana")
    assert name_forms(person("", "Professor")) == ()
    assert name_forms(person("", salutation="Dear Dr. Osei,")) == ("Dr. Osei",)
    assert "Tom" in name_forms(person('Thomas "Tom" Marsh'))


NAMES = st.one_of(
    st.text(max_size=150),
    st.text("陈伟欧阳教授博士 abWeiCHENDrProf.,()（）·\n\r\u2028\x85\"&#;<>/'-é가か", max_size=40),
)


@given(NAMES, NAMES, NAMES, st.sampled_from(["zh", "en"]))
def test_a_greeting_is_one_line_whatever_the_record_holds(name, position, salutation, language):
    candidate = person(name, position, salutation)
    line = greeting(candidate, language)
    assert len(line.splitlines()) == 1
    assert line.endswith("：" if language == "zh" else ",")
    assert all(form.strip() == form and len(form.splitlines()) == 1 for form in name_forms(candidate))


@given(NAMES, NAMES, st.sampled_from(["zh", "en"]))
def test_a_greeting_calls_the_person_by_one_of_the_name_forms(name, position, language):
    candidate = person(name, position)
    if forms := name_forms(candidate):
        assert any(form in greeting(candidate, language) for form in forms)


SENDER = {"name": {"zh": "林知", "en": "Zhi Lin"}, "lab": {"zh": "北岸实验室", "en": "Northbank Lab"}}


def test_a_signature_that_is_given_is_used():
    sender = load_sender({**SENDER, "signature": {"zh": ["林知", "北岸实验室"], "en": ["Zhi Lin"]}})
    assert sign_off(sender, "zh") == ["祝好", "林知", "北岸实验室"]
    assert sign_off(sender, "en") == ["Best regards,", "Zhi Lin"]


def test_a_signature_is_made_from_name_post_and_contact():
    contact = {"email": "zhi@example.org", "wechat": "zhi-lin", "homepage": "https://example.org/zhi"}
    sender = load_sender({**SENDER, "role": {"zh": "招聘负责人", "en": "Recruiting Lead"}, "contact": contact})
    assert sign_off(sender, "zh")[1:] == [
        "林知",
        "北岸实验室 招聘负责人",
        "zhi@example.org · 微信 zhi-lin",
        "https://example.org/zhi",
    ]
    assert sign_off(sender, "en")[1:] == [
        "Zhi Lin",
        "Recruiting Lead, Northbank Lab",
        "zhi@example.org",
        "https://example.org/zhi",
    ]
    assert sign_off(load_sender(SENDER), "en") == ["Best regards,", "Zhi Lin", "Northbank Lab"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_another_variant_gives_another_closing(language):
    closings = [sign_off(load_sender(SENDER), language, variant)[0] for variant in range(3)]
    assert tuple(closings) == CLOSINGS[language]
    assert sign_off(load_sender(SENDER), language, 3_000_001)[0] == closings[1]
