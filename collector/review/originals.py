"""Staff: the files that were sent, as they were sent."""

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from collector.database import Database
from collector.intake.file_pages import given_back
from collector.intake.models import Upload


@get("/staff/uploads/{upload_id:int}", sync_to_thread=True)
def original(database: NamedDependency[Database], upload_id: FromPath[int]) -> Stream:
    with database.reading() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or upload.submission_id is None:
            raise NotFoundException("There is no file at this address")
        return given_back(database, upload)


handlers = [original]
