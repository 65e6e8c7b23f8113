"""The command line: where everything is put together."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import click

from collector import settings as settings_
from collector.settings import Settings

# Heavy imports (spaCy, scikit-learn, the web framework) stand inside the commands that need them, so that every
# command starts at once.


def with_data_dir(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --data-dir and hands the command its settings. Processes it starts read the same folder."""

    @click.option("--data-dir", type=click.Path(file_okay=False), help="Where state is kept. [default: var]")
    @wraps(command)
    def wrapped(data_dir: str | None, **options: Any) -> Any:
        try:
            settings = settings_.read(data_dir)
        except ValueError as problem:
            raise click.ClickException(str(problem)) from problem
        os.environ["FEEDBACK_LOOP_DATA"] = str(settings.data_dir)
        return command(settings=settings, **options)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Feedback Loop: gathers what people say about keeping the promise, and shows what follows from it."""


@main.command()
@with_data_dir
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--sample/--no-sample", default=None, help="Load the sample round. [default: at the first start]")
def serve(settings: Settings, host: str, port: int, sample: bool | None) -> None:
    """Run the system in the foreground until Ctrl-C or SIGTERM.

    Without REDIS_URL it starts its own broker and worker beside the web service; with it, the web service alone.
    """
    from worker import serving

    serving.serve(settings, host=host, port=port, sample=sample)


@main.command()
@with_data_dir
@click.option("--host", default="127.0.0.1", show_default=True, help="The address it listens on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def health(settings: Settings, host: str, port: int) -> None:
    """Ask the web service on this machine whether it is well; exit status 1 when not."""
    from worker import launcher

    well = launcher.answers(settings, host, port)
    click.echo("well" if well else "no answer")
    sys.exit(0 if well else 1)


@main.command()
@with_data_dir
@click.option("--children", default=1, show_default=True, help="Texts read at a time, about 500 MB each.")
def worker(settings: Settings, children: int) -> None:
    """Read what waits to be analysed."""
    from worker.app import app

    pool = ["--pool", "prefork", "--concurrency", str(children)]
    app.worker_main(["worker", "--loglevel", "WARNING", "--without-mingle", "--without-gossip", *pool])


@main.command()
@with_data_dir
def schedule(settings: Settings) -> None:
    """Say when it is time for regular work; one process for all workers."""
    from worker.app import app

    app.start(["beat", "--loglevel", "WARNING", "--pidfile", "", "--schedule", str(schedule_file(settings))])


def schedule_file(settings: Settings) -> Path:
    folder = settings.data_dir / "schedule"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "beat"


@main.command()
@click.argument("path")
@click.option("--output", type=click.Path(dir_okay=False, writable=True), help="Write here instead of to the terminal.")
def analyse(path: str, output: str | None) -> None:
    """Code a file: JSON Lines, CSV, TXT, MD, DOCX, ODT, XLSX or PDF; '-' reads JSON Lines from standard input.

    Writes one JSON object a line per passage. A line that cannot be read is reported with its number, the rest is
    done all the same, and the exit status is 1.
    """
    from worker import coding

    sys.exit(coding.code(path, output))


@main.command()
@click.argument("path")
@click.option("--output", type=click.Path(dir_okay=False, writable=True), help="Write here instead of to the terminal.")
def themes(path: str, output: str | None) -> None:
    """Show what a file says that the framework has no label for, and which passages are near-duplicates.

    Reads what `analyse` reads. Writes one JSON object: themes, named by their own words, with the statements of each;
    and groups of ids of passages that are the same but for small edits.
    """
    from worker import coding

    sys.exit(coding.themes(path, output))


@main.command()
@click.option("--output", type=click.Path(file_okay=False), help="Where to keep the model. [default: in the project]")
@click.option("--keep-encoder", is_flag=True, help="Learn only what stands beside it: without torch, in minutes.")
def train(output: str | None, keep_encoder: bool) -> None:
    """Train the model on the project's own coded passages; needs torch, and one to two hours on two cores."""
    from analysis import training
    from analysis.errors import ModelError

    learn = training.train_words if keep_encoder else training.train
    try:
        learn(**({"out_dir": Path(output)} if output else {}), progress=click.echo)
    except ModelError as problem:
        raise click.ClickException(str(problem)) from problem


@main.command()
@click.argument("gold", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def evaluate(gold: Path, as_json: bool) -> None:
    """Score the models against passages that people coded."""
    from analysis import evaluation, pipeline
    from analysis.errors import ModelError

    try:
        figures = evaluation.evaluate(gold, pipeline.load())
    except (evaluation.GoldError, ModelError) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(json.dumps(figures.as_record(), indent=2) if as_json else evaluation.render(figures))


@main.command()
@click.argument(
    "names", nargs=-1, type=click.Choice(["analysis", "counts", "intake", "load", "plans", "profiles", "review"])
)
@click.option("--postgresql", "server", default="", help="A PostgreSQL server to measure on besides SQLite.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def bench(names: tuple[str, ...], server: str, as_json: bool) -> None:
    """Measure speed, each benchmark beside its ceiling in the same run.

    `load` sends a form of 250 questions 50 times a second for 30 seconds; `review` asks for the next passage with a
    million statements in store; `profiles` rebuilds all profiles of 200,000; `plans` asks for a review of 100 plans;
    `counts` counts organisations by two things. They measure on the PostgreSQL server too, where one is named.
    """
    from worker import benches

    benches.run(names or ("analysis", "intake"), server=server, as_json=as_json)


@main.command()
@with_data_dir
@click.argument("table", type=click.Choice(["codings", "changes"]))
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx", "jsonl"]), default="csv", show_default=True)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file.")
@click.option("--filters", default="", help="As in the address of the queue, such as state=decided&round=1.")
@click.option("--replace", is_flag=True, help="Write over the file where there is one.")
def export(settings: Settings, table: str, kind: str, output: Path, filters: str, replace: bool) -> None:
    """Write all codings, or all that reviewers said, as a table.

    Words that were redacted are left out, and passages that are still being coded blind.
    """
    from collector.review import export_files, exports

    nobody = 0  # who "me" would be in a filter
    with open_database(settings).reading() as session:
        try:
            file = exports.made(session, table, kind, exports.asked(dict(parse_qsl(filters))), nobody)
        except export_files.TooMany as problem:
            raise click.ClickException(str(problem)) from problem
        write_file(output, export_files.parts_of(file), replace=replace)
    click.echo(f"Written to {output}")


@main.group()
def questionnaire() -> None:
    """Questionnaires: files that say what is asked."""


@questionnaire.command("check")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def questionnaire_check(path: Path) -> None:
    """Tell whether a questionnaire is sound, in YAML or as an XLSForm (.xlsx), and how far it is translated.

    Names file, line and field of all that is not; in an XLSForm sheet, row and column. Then each language with how
    many of the texts it has, and by their places those that are missing or out of date.
    """
    from forms import translations
    from forms.questionnaire import DefinitionError, load_path
    from forms.texts import LANGUAGES, is_translation

    if is_translation(path):  # with what it translates, as neither is right or wrong alone
        path = path.with_name(f"{path.stem.rpartition('.')[0]}.yaml")
    try:
        if path.suffix.lower() in (".xlsx", ".xls"):
            form = read_form(path)
            found, said = form.questionnaire, form.translations
        else:
            found = load_path(path)
            said = translations.checked(path, found)
    except DefinitionError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"{path} is sound: {found.slug}, version {found.version}, {len(found.questions)} questions")
    for language in LANGUAGES:
        state = translations.state(found, language, said.get(language, translations.Translation()))
        click.echo(state)
        for word, places in (("missing", state.missing), ("out of date", state.stale)):
            for place in places if state.begun else ():
                click.echo(f"  {word}: {place}")


@questionnaire.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path), help="The file. [default: the terminal]")
@click.option("--replace", is_flag=True, help="Write over the file where there is one.")
def questionnaire_import(path: Path, into: Path | None, replace: bool) -> None:
    """Turn an XLSForm (.xlsx) into a questionnaire in YAML, and say what was not taken over.

    What it says in other languages is written into files beside it: NAME.gd.yaml, NAME.easy.yaml.
    """
    from forms import definitions
    from forms.texts import LANGUAGES

    try:
        form = read_form(path)
    except definitions.DefinitionError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    text = definitions.written(form.content)
    if into:
        files = {into: text} | {
            into.with_suffix(f".{language}.yaml"): definitions.written(one.model_dump())
            for language, one in form.translations.items()
        }
        if not replace and (there := next((file for file in files if file.exists()), None)):
            raise click.ClickException(f"{there} is there already. Write over it with --replace")
        for file, content in files.items():
            write_file(file, [content.encode()], replace=replace)
    else:
        click.echo(text, nl=False)
        for language in form.translations:
            told = f"{path}: Left out: the texts in {LANGUAGES[language]}. With --into they are written into files, too"
            click.echo(told, err=True)


@questionnaire.command("export")
@click.argument("slug")
@click.option("--xlsform", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file.")
@click.option("--version", type=click.IntRange(min=1), help="[default: the newest]")
@click.option("--replace", is_flag=True, help="Write over the file where there is one.")
def questionnaire_export(slug: str, path: Path, version: int | None, replace: bool) -> None:
    """Write a questionnaire as an XLSForm (.xlsx), and say what the format cannot hold."""
    from forms import questionnaire as questionnaires
    from forms import xlsform

    try:
        content, notes = xlsform.write(questionnaires.load(slug, version))
    except (LookupError, ValueError) as problem:
        raise click.ClickException(str(problem)) from problem
    write_file(path, [content], replace=replace)
    for note in notes:
        click.echo(note, err=True)


def read_form(path: Path):
    """The XLSForm, with what was not taken over told."""
    from forms import xlsform

    form = xlsform.read(path)
    for note in form.notes:
        click.echo(f"{path}: {note}", err=True)
    return form


def write_file(path: Path, parts: Iterable[bytes], *, replace: bool) -> None:
    try:
        with path.open("wb" if replace else "xb") as file:
            file.writelines(parts)
    except FileExistsError as problem:
        raise click.ClickException(f"{path} is there already. Write over it with --replace") from problem
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be written: {problem.strerror}") from problem


@main.group()
def sample() -> None:
    """The sample round: invented organisations and people to try the system with."""


@sample.command("load")
@with_data_dir
def sample_load(settings: Settings) -> None:
    """Load the sample round."""
    from collector.intake import sample as sample_round

    database = open_database(settings)
    with database.writing() as session:
        job_ids = sample_round.load(session)
    wake(settings, job_ids)
    click.echo(f"The sample round is loaded: {len(job_ids)} new submissions.")


@sample.command("remove")
@with_data_dir
def sample_remove(settings: Settings) -> None:
    """Take the sample round out, with everything that was made of it."""
    from collector.privacy import erasure

    with open_database(settings).writing() as session:
        number = erasure.erase_sample(session)
    click.echo(f"The sample round is gone: {number} submissions removed.")


@main.group()
def statistics() -> None:
    """Figures that others published, of areas and organisations."""


@statistics.command("import")
@with_data_dir
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--title", required=True, help="What the figures are. A title that there is gets a newer edition.")
@click.option("--unit", required=True, help="number, percent, share (0.45 for 45%), pounds, or rate.")
@click.option("--of", default="", help="What is counted, or out of what, such as “per 1,000 children”; rates need it.")
@click.option("--source", required=True, help="What the publication is called.")
@click.option("--publisher", required=True, help="Who published it.")
@click.option("--published", required=True, help="The day it was published, such as 2026-03-31.")
@click.option("--address", default="", help="Where the publication is.")
@click.option("--what", default="statistic", show_default=True, help="statistic, or budget.")
@click.option("--note", default="", help="What readers have to know.")
@click.option("--sheet", default="", help="Of a workbook. [default: the first that is not hidden]")
@click.option("--keep", is_flag=True, help="Keep the figures; without it the file is only read and told of.")
@click.option("--leave-out", is_flag=True, help="Keep them also where something was not understood.")
def statistics_import(settings: Settings, path: Path, keep: bool, leave_out: bool, **said: str) -> None:
    """Read a file of figures (CSV or XLSX), tell what was understood, and with --keep keep it.

    What was not understood is told by its row and column, and the exit status is 1 where nothing could be kept for it.
    """
    from worker import figures

    said["published_on"] = said.pop("published")
    try:
        for line in figures.told_of(open_database(settings), path, said, keep=keep, leave_out=leave_out):
            click.echo(line)
    except figures.NotKept as problem:
        raise click.ClickException(str(problem)) from problem


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@with_data_dir
def db_upgrade(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    from collector import schema
    from collector.database import Database

    schema.upgrade(Database(settings.database_url))
    click.echo("The database is up to date.")


@main.group()
def staff() -> None:
    """Accounts of staff."""


@staff.command("add")
@with_data_dir
@click.argument("email")
@click.option("--name", help="How the account is shown. [default: the e-mail address]")
@click.option("--role", default="reviewer", show_default=True, help="reviewer, or auditor who only looks.")
@click.option("--password/--no-password", default=False, help="Ask for a password too.")
def staff_add(settings: Settings, email: str, name: str | None, role: str, password: bool) -> None:
    """Add an account and print a link that signs in once."""
    from collector.accounts import staff as accounts

    secret = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    with open_database(settings).writing() as session:
        try:
            member = accounts.add(session, email=email, name=name or email, role=role, password=secret)
        except ValueError as problem:
            raise click.ClickException(str(problem)) from problem
        print_link(settings, accounts.link_for(session, member))
        session.commit()


@staff.command("link")
@with_data_dir
@click.argument("email")
def staff_link(settings: Settings, email: str) -> None:
    """Print a new link that signs an account in once."""
    from collector.accounts import staff as accounts

    with open_database(settings).writing() as session:
        member = accounts.by_email(session, email)
        if member is None:
            raise click.ClickException("There is no account with this e-mail address. Add it with: staff add")
        if member.disabled_at:
            raise click.ClickException("This account is disabled. Let it in again first, with: staff enable")
        print_link(settings, accounts.link_for(session, member))
        session.commit()


@staff.command("disable")
@with_data_dir
@click.argument("email")
def staff_disable(settings: Settings, email: str) -> None:
    """Shut an account out; whoever is signed in with it is signed out at once."""
    from collector.accounts import staff as accounts

    with open_database(settings).writing() as session:
        if not accounts.disable(session, email):
            raise click.ClickException("There is no account with this e-mail address")
        session.commit()
    click.echo("The account is disabled.")


@staff.command("enable")
@with_data_dir
@click.argument("email")
def staff_enable(settings: Settings, email: str) -> None:
    """Let a disabled account in again; what it was signed in with before stays ended."""
    from collector.accounts import staff as accounts

    with open_database(settings).writing() as session:
        if not accounts.enable(session, email):
            raise click.ClickException("There is no account with this e-mail address")
        session.commit()
    click.echo("The account is enabled. Sign-in links: staff link")


def print_link(settings: Settings, secret: str) -> None:
    click.echo(f"Sign in once, within an hour: {settings.base_url}/sign-in/{secret}")


@main.group()
def token() -> None:
    """Tokens of programs that use the API."""


@token.command("add")
@with_data_dir
@click.argument("name")
@click.option("--role", default="submitter", show_default=True, help="submitter, or reader of profiles.")
def token_add(settings: Settings, name: str, role: str) -> None:
    """Make a token and print it; it cannot be shown again."""
    from collector.accounts import tokens

    with open_database(settings).writing() as session:
        try:
            secret = tokens.add(session, name=name, role=role)
        except ValueError as problem:
            raise click.ClickException(str(problem)) from problem
        session.commit()
    click.echo(secret)


@token.command("revoke")
@with_data_dir
@click.argument("name")
def token_revoke(settings: Settings, name: str) -> None:
    """Take back every token of this name; they stop working at once."""
    from collector.accounts import tokens

    with open_database(settings).writing() as session:
        number = tokens.revoke(session, name)
        session.commit()
    if not number:
        raise click.ClickException("There is no valid token of this name")
    click.echo(f"Taken back: {number}.")


@main.group()
def source() -> None:
    """What has come in: submissions and documents."""


@source.command("retry")
@with_data_dir
@click.argument("reference")
def source_retry(settings: Settings, reference: str) -> None:
    """Read a source again that was set aside; REFERENCE is a submission's, or the number in the source's address."""
    from collector.intake import jobs, submissions

    with open_database(settings).writing() as session:
        job_id = jobs.try_again(session, submissions.source_id_of(session, reference))
        session.commit()
    if job_id is None:
        raise click.ClickException("No source that was set aside has this reference or number")
    wake(settings, [job_id])
    click.echo("The worker reads it again.")


@main.command()
@with_data_dir
@click.option("--frame", help="The slug of another framework. [default: the plan]")
def learn(settings: Settings, frame: str | None) -> None:
    """Have a model learn from what people decided; it serves where it is shown to be better."""
    from collector.findings import readers
    from collector.frameworks import plan
    from collector.queue import Queue
    from collector.review import trainings

    reads = frame or plan.SLUG
    database = open_database(settings)
    with database.reading() as session:
        if reads not in readers.frameworks(session):
            raise click.ClickException(f"There is no framework “{reads}” in use")
    with database.writing() as session:
        run_id = trainings.ask(session, reads)
        session.commit()
    queue = Queue(settings.redis_url)
    queue.ask_for_training(run_id)
    queue.close()
    click.echo("The worker learns. What comes of it: feedback-loop models, or the page “Models”")


@main.command()
@with_data_dir
def models(settings: Settings) -> None:
    """Show which models there are, what they learned from, how they compare and which serves."""
    from collector.findings import readers

    with open_database(settings).reading() as session:
        for reads in readers.frameworks(session):
            click.echo(reads)
            for row in readers.versions(session, reads):
                better = row.compared["whole"]["difference"] if row.compared else None
                figures = "{value:+.3f} ({low:+.3f} to {high:+.3f})".format(**better) if better else "not compared"
                click.echo(f"  {row.state:<10} {row.version}  {row.decisions:,} decisions  {figures}")


@main.command()
@with_data_dir
@click.option("--round", "slug", help="Of this round alone.")
def reread(settings: Settings, slug: str | None) -> None:
    """Have passages read again that another model read last: newest first, behind all that is new."""
    from collector.findings import readers, rereadings
    from collector.frameworks import plan

    with open_database(settings).writing() as session:
        round_id = round_of(session, slug) if slug else None
        serving = readers.champion(session, plan.SLUG)
        if serving is None:
            raise click.ClickException("No worker has started yet: nobody knows which model to read with")
        begun = rereadings.begin(session, serving, round_id=round_id)
        session.commit()
    click.echo(f"Read again by {serving}, a few at a time" if begun else "There is nothing to read again")


def round_of(session: Any, slug: str) -> int:
    from sqlmodel import select

    from collector.intake.models import Round

    round_id = session.exec(select(Round.id).where(Round.slug == slug)).first()
    if round_id is None:
        raise click.ClickException(f"There is no round “{slug}”")
    return round_id


@main.group()
def report() -> None:
    """Reports: profiles frozen on a day."""


def with_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds where a report is written to, and as what."""
    for option in (
        click.option("--replace", is_flag=True, help="Write over the file where there is one."),
        click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file."),
        click.option("--format", "kind", type=click.Choice(["html", "pdf", "docx"]), default="pdf", show_default=True),
    ):
        command = option(command)
    return command


def usual_hold() -> int:
    from collector.profiles import reports

    return reports.HOLD_DAYS


with_hold = click.option(
    "--hold",
    "hold_days",
    default=usual_hold,
    show_default="14, as on the page",
    type=click.IntRange(0, 365),
    help="Days for a right of reply; with 0 it goes out at once.",
)


@report.command("organisation")
@with_data_dir
@click.argument("organisation")
@click.option("--for", "audience", type=click.Choice(["own", "anyone"]), default="own", show_default=True)
@with_hold
@with_file
def report_organisation(
    settings: Settings, organisation: str, kind: str, output: Path, replace: bool, **how: Any
) -> None:
    """Make a report on an organisation and keep it; ORGANISATION is its name, or the number in its address.

    For `anyone` it says nothing but what may be published with the name.
    """
    make_report(settings, "organisation", organisation, kind, output, replace=replace, **how)


@report.command("area")
@with_data_dir
@click.argument("area")
@click.option("--for", "audience", type=click.Choice(["own", "anyone"]), default="own", show_default=True)
@with_hold
@with_file
def report_area(settings: Settings, area: str, kind: str, output: Path, replace: bool, **how: Any) -> None:
    """Make a report on a council area, or on “scotland”, and keep it.

    For `anyone` it says nothing but what may be published with the name.
    """
    make_report(settings, "area", area, kind, output, replace=replace, **how)


@report.command("round")
@with_data_dir
@click.argument("round_", metavar="ROUND")
@click.option("--for", "audience", type=click.Choice(["own", "anyone"]), default="own", show_default=True)
@with_hold
@with_file
def report_round(settings: Settings, round_: str, kind: str, output: Path, replace: bool, **how: Any) -> None:
    """Make a report on a round and keep it; ROUND is its title, its short name, or the number in its address.

    For `anyone` it says nothing but what may be published with the name.
    """
    make_report(settings, "round", round_, kind, output, replace=replace, **how)


@report.command("board")
@with_data_dir
@click.argument("country", required=False, default="scotland", type=click.Choice(["scotland"]))
@click.option("--for", "audience", type=click.Choice(["own", "anyone"]), default="own", show_default=True)
@with_hold
@with_file
def report_board(settings: Settings, country: str, kind: str, output: Path, replace: bool, **how: Any) -> None:
    """Make a report to the Oversight Board and keep it: on all rounds and documents of the whole country.

    For `anyone` it says nothing but what may be published with the name.
    """
    make_report(settings, "board", country, kind, output, replace=replace, **how)


def make_report(
    settings: Settings, about: str, named: str, kind: str, output: Path, *, replace: bool, **how: Any
) -> None:
    from worker import reporting

    database = open_database(settings)
    try:
        report_id = reporting.make_now(database, settings, about, named, **how)
        write_report(database, report_id, kind, output, replace=replace)
    except ValueError as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"Report {report_id} is made and kept, and written to {output}")
    if held_until := reporting.held_until(database, report_id):
        click.echo(f"It is held for a right of reply until {held_until}. Nobody was sent it yet: its page has the way")


@report.command("rebuild")
@with_data_dir
@click.argument("report_id", metavar="REPORT", type=click.IntRange(1, 999_999_999))
@with_file
def report_rebuild(settings: Settings, report_id: int, kind: str, output: Path, replace: bool) -> None:
    """Write a report again as it was frozen, and say whether each byte is as on the day it was made.

    REPORT is its number.
    """
    try:
        same = write_report(open_database(settings), report_id, kind, output, replace=replace)
    except ValueError as problem:
        raise click.ClickException(str(problem)) from problem
    as_it_was = "byte for byte as on the day it was made"
    otherwise = "with its own words and numbers, but set out by another version of the service than made it"
    click.echo(f"Written to {output}, {as_it_was if same else otherwise}")


def write_report(database: Any, report_id: int, kind: str, output: Path, *, replace: bool) -> bool:
    """True where the file is the same as on the day the report was made."""
    from collector.findings.report_models import Report
    from collector.profiles import reports

    with database.reading() as session:
        found = session.get(Report, report_id)
        if found is None:
            raise reports.NotThere(f"There is no report {report_id}")
        content, same = reports.rebuilt(found, kind)
    write_file(output, [content], replace=replace)
    return same


@main.group()
def document() -> None:
    """Documents as sources."""


@document.command("add")
@with_data_dir
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--title", help="What it is called on pages. [default: the file's name]")
@click.option("--organisation", help="Whose document it is; added to the directory when new.")
@click.option("--kind", default="", show_default="not known yet", help="The kind of an organisation that has none yet.")
@click.option(
    "--date",
    "published",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Its own date, the day it was published. Staff can give it later, on its page.",
)
def document_add(
    settings: Settings,
    path: Path,
    title: str | None,
    organisation: str | None,
    kind: str,
    published: datetime | None,
) -> None:
    """Bring in a plan, report or note, to be analysed and shown in a profile.

    Without its date “within a year” is a year from nobody knows when, so that only days with their year are read.
    """
    from worker import coding

    try:
        kept = coding.keep_document(
            open_database(settings),
            path,
            title=title or path.stem,
            organisation=organisation,
            kind=kind,
            published_on=published and published.date(),
        )
    except ValueError as problem:
        raise click.ClickException(str(problem)) from problem
    wake(settings, [kept.job_id])
    click.echo(f"Kept with {kept.passages} passages; the worker reads it now.")
    if kept.whose:
        click.echo(kept.whose)
    if published is None:
        click.echo("Its date is not known: give it on its page, so that “within a year” is counted from there.")
    coding.tell(path, kept.bad)
    sys.exit(1 if kept.bad else 0)


def open_database(settings: Settings):
    """The database, refused when its schema is not the newest."""
    from collector import schema
    from collector.database import Database

    database = Database(settings.database_url)
    if not schema.is_current(database):
        raise click.ClickException("The database is not up to date. Run: feedback-loop db upgrade")
    return database


def wake(settings: Settings, job_ids: list[int]) -> None:
    from collector.queue import Queue

    queue = Queue(settings.redis_url)
    queue.ask_for_analysis(job_ids)
    queue.close()


if __name__ == "__main__":
    main()
