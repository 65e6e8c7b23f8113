import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis import dates

SAID_ON = date(2021, 6, 15)
# The words, then the first and the last day; "-" where that side is open.
MEANT = """
by 31/3/27 | 2021-06-15 | 2027-03-31
by 31/03/2027 | 2021-06-15 | 2027-03-31
on 31.3.2027 | 2027-03-31 | 2027-03-31
by 31-03-2027 | 2021-06-15 | 2027-03-31
by 2027-03-31 | 2021-06-15 | 2027-03-31
on 1/4/22 | 2022-04-01 | 2022-04-01
by 31st March 2027 | 2021-06-15 | 2027-03-31
by 31 March 2027 | 2021-06-15 | 2027-03-31
by the 31st of March 2027 | 2021-06-15 | 2027-03-31
on the 1st of May 2022 | 2022-05-01 | 2022-05-01
by March 31st | 2021-06-15 | 2022-03-31
by March 31 | 2021-06-15 | 2022-03-31
by March 31, 2027 | 2021-06-15 | 2027-03-31
by march 31st 2027 | 2021-06-15 | 2027-03-31
on 12 June | 2022-06-12 | 2022-06-12
by 30 sept | 2021-06-15 | 2021-09-30
on 14th November 2021 | 2021-11-14 | 2021-11-14
on Monday 7 February 2022 | 2022-02-07 | 2022-02-07
Thursday 31st March 2022 | 2022-03-31 | 2022-03-31
31 March 27 | 2027-03-31 | 2027-03-31
12 oct '22 | 2022-10-12 | 2022-10-12
by 28 february | 2021-06-15 | 2022-02-28
on 29 February | 2024-02-29 | 2024-02-29
on 29 February 2024 | 2024-02-29 | 2024-02-29
22-24 May 2022 | 2022-05-22 | 2022-05-24
between 5 and 7 may 2022 | 2022-05-05 | 2022-05-07
from 1 May to 14 June | 2022-05-01 | 2022-06-14
from 1 October 2021 to 31 March 2022 | 2021-10-01 | 2022-03-31
before 1 April | 2021-06-15 | 2022-03-31
from 1 april 2022 | 2022-04-01 | -
w/c 3 Feb | 2022-02-03 | 2022-02-09
in the week of 3 June | 2022-06-03 | 2022-06-09
week beginning 4 October 2021 | 2021-10-04 | 2021-10-10
in October | 2021-10-01 | 2021-10-31
in June | 2021-06-01 | 2021-06-30
in may | 2022-05-01 | 2022-05-31
by end of Nov | 2021-06-15 | 2021-11-30
by end November | 2021-06-15 | 2021-11-30
by the end of November | 2021-06-15 | 2021-11-30
at the end of March | 2022-03-25 | 2022-03-31
in march 2022 | 2022-03-01 | 2022-03-31
March 2026 | 2026-03-01 | 2026-03-31
by March 2026 | 2021-06-15 | 2026-03-31
Feb 27 | 2027-02-01 | 2027-02-28
by feb 27 | 2021-06-15 | 2027-02-28
Sept 2021 | 2021-09-01 | 2021-09-30
sept '22 | 2022-09-01 | 2022-09-30
Dec. 2022 | 2022-12-01 | 2022-12-31
by Dec | 2021-06-15 | 2021-12-31
Nov-22 | 2022-11-01 | 2022-11-30
in September 24 | 2024-09-01 | 2024-09-30
June 45 | 2045-06-01 | 2045-06-30
by June 30 | 2021-06-15 | 2021-06-30
until May 2022 | 2021-06-15 | 2022-05-31
before August | 2021-06-15 | 2021-07-31
from Aug | 2021-08-01 | -
from April 2026 | 2026-04-01 | -
from April 2026 onwards | 2026-04-01 | -
April 2026 onwards | 2026-04-01 | -
after March 2022 | 2022-04-01 | -
mid-September | 2021-09-11 | 2021-09-20
by mid September | 2021-06-15 | 2021-09-20
in early November | 2021-11-01 | 2021-11-10
late May | 2022-05-21 | 2022-05-31
early in 2022 | 2022-01-01 | 2022-04-30
at the start of April | 2022-04-01 | 2022-04-07
by the start of April | 2021-06-15 | 2022-04-01
by the beginning of April 2023 | 2021-06-15 | 2023-04-01
before the end of June | 2021-06-15 | 2021-06-30
first week of February | 2022-02-01 | 2022-02-07
in the last week of November | 2021-11-24 | 2021-11-30
by next March | 2021-06-15 | 2022-03-31
by next September | 2021-06-15 | 2021-09-30
this September | 2021-09-01 | 2021-09-30
next month | 2021-07-01 | 2021-07-31
this month | 2021-06-01 | 2021-06-30
by autumn 2021 | 2021-06-15 | 2021-11-30
in autumn | 2021-09-01 | 2021-11-30
in the autumn of 2022 | 2022-09-01 | 2022-11-30
by the autumn | 2021-06-15 | 2021-11-30
the autumn of 2024 | 2024-09-01 | 2024-11-30
Spring 27 | 2027-03-01 | 2027-05-31
spring '22 | 2022-03-01 | 2022-05-31
by summer | 2021-06-15 | 2021-08-31
before the summer | 2021-06-15 | 2022-05-31
over the summer | 2021-06-01 | 2021-08-31
early spring | 2022-03-01 | 2022-03-31
in late summer 2022 | 2022-08-01 | 2022-08-31
next spring | 2022-03-01 | 2022-05-31
next summer | 2022-06-01 | 2022-08-31
this winter | 2021-12-01 | 2022-02-28
in winter 2025 | 2025-12-01 | 2026-02-28
winter 2025-26 | 2025-12-01 | 2026-02-28
autumn/winter 2025-26 | 2025-09-01 | 2026-02-28
autumn/winter 2022 | 2022-09-01 | 2023-02-28
spring/summer 2022 | 2022-03-01 | 2022-08-31
winter/spring 2026 | 2025-12-01 | 2026-05-31
from spring | 2022-03-01 | -
until the spring | 2021-06-15 | 2022-05-31
before next winter | 2021-06-15 | 2021-11-30
Q3 2026 | 2026-07-01 | 2026-09-30
by Q3 | 2021-06-15 | 2021-12-31
in Q1 | 2021-04-01 | 2021-06-30
Q3 26/27 | 2026-10-01 | 2026-12-31
Q2 2022-23 | 2022-07-01 | 2022-09-30
in quarter two | 2021-07-01 | 2021-09-30
third quarter of the financial year | 2021-10-01 | 2021-12-31
by the end of the third quarter | 2021-06-15 | 2021-12-31
in the last quarter of 2024 | 2024-10-01 | 2024-12-31
in the first quarter of next year | 2022-01-01 | 2022-03-31
by the end of Q2 2022/23 | 2021-06-15 | 2022-09-30
this quarter | 2021-04-01 | 2021-06-30
next quarter | 2021-07-01 | 2021-09-30
from quarter one of 2025-26 | 2025-04-01 | -
in the first half of 2024 | 2024-01-01 | 2024-06-30
by the end of the second half of 2022 | 2021-06-15 | 2022-12-31
second half of the year | 2021-07-01 | 2021-12-31
2021-22 | 2021-04-01 | 2022-03-31
2021–22 | 2021-04-01 | 2022-03-31
in 2021/22 | 2021-04-01 | 2022-03-31
FY26/27 | 2026-04-01 | 2027-03-31
FY 2026-27 | 2026-04-01 | 2027-03-31
by 21/22 | 2021-06-15 | 2022-03-31
by the end of 21/22 | 2021-06-15 | 2022-03-31
end of 2021-22 | 2022-03-01 | 2022-03-31
in financial year 2022-23 | 2022-04-01 | 2023-03-31
the 2022-23 financial year | 2022-04-01 | 2023-03-31
by the end of the 2025–26 financial year | 2021-06-15 | 2026-03-31
this financial year | 2021-04-01 | 2022-03-31
next financial year | 2022-04-01 | 2023-03-31
in the new financial year | 2022-04-01 | 2023-03-31
before the end of the financial year | 2021-06-15 | 2022-03-31
by the start of the next financial year | 2021-06-15 | 2022-04-01
financial year 22/23 | 2022-04-01 | 2023-03-31
from 2024-25 | 2024-04-01 | -
for 2025/26 | 2025-04-01 | 2026-03-31
school session 2026/27 | 2026-08-16 | 2027-06-30
in session 2023/24 | 2023-08-16 | 2024-06-30
academic year 2024/25 | 2024-08-16 | 2025-06-30
by the end of the school year | 2021-06-15 | 2021-06-30
next school year | 2021-08-16 | 2022-06-30
in the 2024 school year | 2024-08-16 | 2025-06-30
before the start of the 2023–24 school session | 2021-06-15 | 2023-08-15
start of the new school term | 2021-08-16 | 2021-09-15
by the end of term | 2021-06-15 | 2021-06-30
next term | 2021-08-16 | 2021-12-21
summer term | 2021-04-17 | 2021-06-30
in the autumn term | 2021-08-16 | 2021-12-21
by the end of the spring term 2022 | 2021-06-15 | 2022-03-31
before the summer holidays | 2021-06-15 | 2021-06-30
after the summer holidays | 2021-08-16 | -
in the October break | 2021-10-10 | 2021-10-20
over the Easter holidays | 2022-04-01 | 2022-04-16
by the Christmas break | 2021-06-15 | 2022-01-05
before the summer recess | 2021-06-15 | 2021-06-30
after the summer recess 2022 | 2022-09-01 | -
by the end of Plan 21-24 | 2021-06-15 | 2024-03-31
before the end of plan 21-24 | 2021-06-15 | 2024-03-31
over the life of Plan 21-24 | 2021-04-01 | 2024-03-31
during Plan 24-30 | 2024-04-01 | 2030-03-31
by the end of Plan 24–30 | 2021-06-15 | 2030-03-31
within the lifetime of Plan 21/24 | 2021-04-01 | 2024-03-31
by 2030 | 2021-06-15 | 2030-12-31
in 2023 | 2023-01-01 | 2023-12-31
by the end of 2022 | 2021-06-15 | 2022-12-31
by end 2025 | 2021-06-15 | 2025-12-31
2024 at the latest | 2021-06-15 | 2024-12-31
no later than 2025 | 2021-06-15 | 2025-12-31
not later than June 2023 | 2021-06-15 | 2023-06-30
March 2023 or earlier | 2021-06-15 | 2023-03-31
from 2026 | 2026-01-01 | -
from 2026 onwards | 2026-01-01 | -
after 2024 | 2025-01-01 | -
before 2027 | 2021-06-15 | 2026-12-31
mid-2026 | 2026-05-01 | 2026-08-31
late 2025 | 2025-09-01 | 2025-12-31
by early 2022 | 2021-06-15 | 2022-04-30
by '27 | 2021-06-15 | 2027-12-31
up to 2024 | 2021-06-15 | 2024-12-31
to 2027 | 2021-06-15 | 2027-12-31
by Easter | 2021-06-15 | 2022-04-17
by Easter 2023 | 2021-06-15 | 2023-04-09
after Easter 2027 | 2027-03-29 | -
before Easter | 2021-06-15 | 2022-04-16
before Christmas | 2021-06-15 | 2021-12-24
by Christmas 2022 | 2021-06-15 | 2022-12-25
at xmas | 2021-12-25 | 2021-12-25
after Hogmanay | 2022-01-01 | -
by Halloween | 2021-06-15 | 2021-10-31
by St Andrew's Day | 2021-06-15 | 2021-11-30
in the new year | 2022-01-01 | 2022-03-31
by the new year | 2021-06-15 | 2022-01-01
from the new year | 2022-01-01 | -
early in the new year | 2022-01-01 | 2022-01-31
by the turn of the year | 2021-06-15 | 2022-01-01
by year end | 2021-06-15 | 2021-12-31
by the year's end | 2021-06-15 | 2021-12-31
between May and July 2026 | 2026-05-01 | 2026-07-31
between October and March 2027 | 2026-10-01 | 2027-03-31
from April to June | 2022-04-01 | 2022-06-30
from April until the end of June | 2022-04-01 | 2022-06-30
2022 to 2024 | 2022-01-01 | 2024-12-31
2022-2024 | 2022-01-01 | 2024-12-31
between 2022 and 2025 | 2022-01-01 | 2025-12-31
April to June 2022 | 2022-04-01 | 2022-06-30
Jan-Mar 2022 | 2022-01-01 | 2022-03-31
April 2022 – March 2023 | 2022-04-01 | 2023-03-31
May/June 2022 | 2022-05-01 | 2022-06-30
in May and June | 2022-05-01 | 2022-06-30
during 2024 and 2025 | 2024-01-01 | 2025-12-31
from March 2026 to June | 2026-03-01 | 2026-06-30
between Easter and the summer | 2022-04-17 | 2022-08-31
between now and Christmas | 2021-06-15 | 2021-12-25
from now until March 2022 | 2021-06-15 | 2022-03-31
late 2021/early 2022 | 2021-09-01 | 2022-04-30
within 18 months | 2021-06-15 | 2022-12-15
within eighteen months | 2021-06-15 | 2022-12-15
within a year | 2021-06-15 | 2022-06-15
within the next 3 years | 2021-06-15 | 2024-06-15
within ten working days | 2021-06-15 | 2021-06-29
within a fortnight | 2021-06-15 | 2021-06-29
in the next six weeks | 2021-06-15 | 2021-07-27
in the next twelve to eighteen months | 2021-06-15 | 2022-12-15
over the next 6 years | 2021-06-15 | 2027-06-15
over the next two to three years | 2021-06-15 | 2024-06-15
over the next couple of years | 2021-06-15 | 2023-06-15
over the coming year | 2021-06-15 | 2022-06-15
in the next year | 2021-06-15 | 2022-06-15
for the next twelve months | 2021-06-15 | 2022-06-15
the next five years | 2021-06-15 | 2026-06-15
in two years' time | 2023-01-01 | 2023-12-31
in 3 months' time | 2021-09-01 | 2021-09-30
in a week's time | 2021-06-21 | 2021-06-27
in a year’s time | 2022-01-01 | 2022-12-31
six weeks from now | 2021-07-26 | 2021-08-01
in six weeks | 2021-06-15 | 2021-07-27
in 18 months | 2021-06-15 | 2022-12-15
in twenty-four months | 2021-06-15 | 2023-06-15
in 10 working days | 2021-06-15 | 2021-06-29
over the coming months | - | -
in the coming weeks | - | -
in the next few years | - | -
next year | 2022-01-01 | 2022-12-31
next week | 2021-06-21 | 2021-06-27
this week | 2021-06-14 | 2021-06-20
this year | 2021-01-01 | 2021-12-31
early next year | 2022-01-01 | 2022-04-30
by the end of next year | 2021-06-15 | 2022-12-31
later this year | 2021-09-01 | 2021-12-31
by the end of the year | 2021-06-15 | 2021-12-31
by the end of this year | 2021-06-15 | 2021-12-31
before the end of the calendar year | 2021-06-15 | 2021-12-31
by the end of the month | 2021-06-15 | 2021-06-30
by the end of this week | 2021-06-15 | 2021-06-20
within the year | 2021-01-01 | 2021-12-31
by this time next year | 2021-06-15 | 2022-06-15
by Friday | 2021-06-15 | 2021-06-18
from Monday | 2021-06-21 | -
next Tuesday | 2021-06-22 | 2021-06-22
from now on | 2021-06-15 | -
starting today | 2021-06-15 | -
with immediate effect | 2021-06-15 | 2021-06-15
this Parliament | 2021-05-06 | 2026-05-06
in the next Parliamentary term | 2026-05-07 | 2031-04-30
by the end of this Parliament | 2021-06-15 | 2026-05-06
before the end of the parliamentary session | 2021-06-15 | 2026-05-06
before the next election | 2021-06-15 | 2026-05-06
within the current council term | 2017-05-04 | 2022-05-04
before the next council elections | 2021-06-15 | 2022-05-04
shortly | - | -
soon | - | -
in due course | - | -
tbc | - | -
no timescale | - | -
no fixed timescale | - | -
timescale to be agreed | - | -
to be confirmed | - | -
ongoing | - | -
by then | - | -
in the near future | - | -
in the longer term | - | -
as soon as possible | - | -
over time | - | -
starting in autumn 2022 | 2022-09-01 | -
with effect from 1 October 2024 | 2024-10-01 | -
no earlier than 2027 | 2027-01-01 | -
ahead of the 2022-23 financial year | 2021-06-15 | 2022-03-31
in time for the summer holidays | 2021-06-15 | 2021-06-30
throughout 2022 | 2022-01-01 | 2022-12-31
around June 2022 | 2022-06-01 | 2022-06-30
towards the end of 2023 | 2023-12-01 | 2023-12-31
due March 2026 | 2026-03-01 | 2026-03-31
BY MARCH 2026 | 2021-06-15 | 2026-03-31
"""
# Nothing here says when a thing falls due.
NO_DATES = """
We look after 21 children in two houses.
Only 2 of 24 had a plan.
Ring 01463 702000 or 07700 900123.
Call 0131 496 0999 ext 2024.
We may open a house.
We may not, and they may never know.
The place they live in may change.
Of the 24, 12 may need a new home.
Children march for their rights.
The march was long.
They want to march to the Parliament.
Problems spring from the same place.
A spring clean is planned.
The numbers fall, and then rise again.
We came in second place.
Somebody answers 24/7.
We are here 24/7, 365 of them.
Plan 21-24 asks this of all of us.
As Plan 21-24 says, families need help.
Priorities in Plan 21-24 guide us.
Plan 24–30 follows it.
Under section 21 of the Act this is a duty.
See section 2.3.21 and Annex B.
A group for 5 to 7 year olds.
Help for 16-17 year olds.
Support from 16/17 yr olds.
1 in 3 said so.
The scale is 0-5.
It costs £2026 each week.
It costs £1,200 to £2,025.
A grant of £20-24 a head.
About 2025 children answered.
We want to reach 2050 homes.
The house rose to 2024 people.
Since 2019 we have done this.
Since last March the team is whole.
Last year we opened two.
Last week the panel met.
In the past two years little changed.
Over the last 18 months we met often.
We meet every March.
Each autumn we write.
Twice a year they meet.
Every quarter we report.
It happens each June and no oftener.
A summer camp is a joy.
The June team left.
April told us that she was moved.
June, 14, was there.
May said no.
Jan, our worker, left.
Long-term foster care is rare.
Ongoing support matters.
Four moves in a year is too many.
She moved four times in two years.
He waited two years.
She was here for six weeks.
In one hour we saw all of them.
The Scottish Parliament passed it.
We told the Parliament so.
The Children (Scotland) Act 1995 says so.
The Children (Care and Justice) (Scotland) Act 2024 says so.
The Delivery Strategy 2022-25 says so.
A ratio of 3/4 is good.
Version 3.11.2 is in use.
The score was 10-12 at best.
The code is 12-34-56.
On 31/2/2026 nobody came.
30 February 2026 is no day.
Sooner or later is not a plan.
It is too soon for that.
As soon as he left, we cried.
Shortly after that he left.
Then we stopped.
The early years matter.
In the first place we listen.
In the second half they scored.
The second quarter of them agreed.
A year is long.
The year was hard.
It was a good term.
Quarter of all staff left.
A new week, a new worker.
This may help families.
What comes next may help.
They marched in step.
The decoration is in place.
He has the right to secondment.
She is 18 to 21.
Room 2024 is free.
Between 5 and 7 came.
Aged 12-13, they were alone.
By the by, we agree.
From the start of the meeting we listened.
At the end of the day, it is about love.
"""
OTHER_DAYS = [
    ("by April", date(2021, 4, 10), date(2021, 4, 10), date(2021, 4, 30)),
    ("by summer", date(2022, 12, 31), date(2022, 12, 31), date(2023, 8, 31)),
    ("in winter", date(2022, 1, 31), date(2021, 12, 1), date(2022, 2, 28)),
    ("next winter", date(2022, 1, 31), date(2022, 12, 1), date(2023, 2, 28)),
    ("in Feb 27", date(2017, 5, 1), date(2018, 2, 27), date(2018, 2, 27)),
    ("by Feb 27", date(2026, 6, 1), date(2026, 6, 1), date(2027, 2, 28)),
    ("by March 31", date(2026, 6, 1), date(2026, 6, 1), date(2027, 3, 31)),
    ("this financial year", date(2022, 3, 31), date(2021, 4, 1), date(2022, 3, 31)),
    ("next financial year", date(2022, 3, 31), date(2022, 4, 1), date(2023, 3, 31)),
    ("in the school year", date(2021, 7, 20), date(2021, 8, 16), date(2022, 6, 30)),
    ("in the next Parliamentary term", date(2021, 3, 1), date(2021, 5, 6), date(2026, 5, 6)),
    ("in the next Parliamentary term", date(2026, 6, 1), date(2031, 5, 1), date(2036, 4, 30)),
    ("within one month", date(2024, 1, 31), date(2024, 1, 31), date(2024, 2, 29)),
    ("by 2020", SAID_ON, None, date(2020, 12, 31)),
    ("by 2023", None, None, date(2023, 12, 31)),
    ("in 2023", None, date(2023, 1, 1), date(2023, 12, 31)),
    ("by Feb 27", None, None, date(2027, 2, 28)),
    ("between May and July 2026", None, date(2026, 5, 1), date(2026, 7, 31)),
    ("by the end of November", None, None, None),
    ("within 18 months", None, None, None),
    ("next year", None, None, None),
    ("in the next Parliamentary term", None, None, None),
]
WORDS = (
    "by the end of start in from to between and before next this Q3 2021-22 2026 31 1st may March summer winter/spring "
    "26/27 '27 term school year Parliament Easter week w/c last within two months' time Plan 21-24 - – , . onwards"
)


def rows(table):
    return [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]


def day(words):
    return None if words == "-" else date.fromisoformat(words)


def meant(found):
    return [(when.text, when.from_, when.to) for when in found]


@pytest.mark.parametrize(("words", "first", "last"), rows(MEANT))
def test_words_of_time_stand_for_days(words, first, last):
    found = dates.read(f"We plan to open the house {words}, and to say so.", SAID_ON)
    assert meant(found) == [(words, day(first), day(last))]


@pytest.mark.parametrize(("words", "said_on", "first", "last"), OTHER_DAYS)
def test_what_words_stand_for_hangs_on_the_day_when_they_are_said(words, said_on, first, last):
    assert meant(dates.read(f"It will be open {words}.", said_on)) == [(words, first, last)]


@pytest.mark.parametrize("sentence", NO_DATES.strip().splitlines())
def test_what_only_looks_like_a_date_is_none(sentence):
    assert dates.read(sentence, SAID_ON) == []


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Open by May, staffed by June and full in 2023.", ["by May", "by June", "in 2023"]),
        ("Decision Feb 27. Then spring 2028, tbc", ["Feb 27", "spring 2028", "tbc"]),
        ("On 3 May 2026 and again on 7 June 2026", ["On 3 May 2026", "on 7 June 2026"]),
        ("Third family centre opens in\nApril 2022", ["in\nApril 2022"]),
        ("the new post – spring", ["spring"]),
        ("April", ["April"]),
        ("Night staff paid more, April", ["April"]),
        ("In May 21 children will move", ["In May"]),
        ("By 2025 children will be heard", ["By 2025"]),
        ("within six months of each inspection", ["within six months"]),
        ("A paper goes to the June meeting", ["to the June"]),
    ],
)
def test_phrases_come_in_order_and_no_longer_than_they_are(text, phrases):
    assert [when.text for when in dates.read(text, SAID_ON)] == phrases


def test_offsets_count_code_points():
    text = "😀 Café, e\u0301t\u00e9: ready by Easter 2023."
    (when,) = dates.read(text, SAID_ON)
    assert text[when.start : when.end] == when.text == "by Easter 2023"


@pytest.mark.parametrize(
    ("year", "month", "of_month"), [(2021, 4, 4), (2024, 3, 31), (2025, 4, 20), (2030, 4, 21), (2038, 4, 25)]
)
def test_easter_is_where_the_calendar_has_it(year, month, of_month):
    assert dates.read(f"by Easter {year}", None)[0].to == date(year, month, of_month)


@given(some.lists(some.sampled_from(WORDS.split()), max_size=14).map(" ".join), some.none() | some.dates())
def test_any_words_can_be_read(text, said_on):
    end = 0
    for when in dates.read(text, said_on):
        assert end <= when.start < when.end
        assert text[when.start : when.end] == when.text
        assert not (when.from_ and when.to) or when.from_ <= when.to
        end = when.end


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "12/12/",
        "2025-",
        "by by by ",
        "may ",
        "March to May ",
        "the end of ",
        "in one hundred ",
        " ",
        "spring/",
    ],
)
def test_time_grows_no_faster_than_the_text(piece):
    assert seconds(piece, 200_000) < 8 * seconds(piece, 50_000) + 0.5


def seconds(piece, length):
    text = (piece * length)[:length]
    began = time.process_time()
    dates.read(text, SAID_ON)
    return time.process_time() - began
