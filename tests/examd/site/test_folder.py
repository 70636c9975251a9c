"""A site's folder: whose it is, and who may look into it."""

from examd.site.folder import SiteFolder
from tests.examd.toy_session import PASSPHRASE, holder


def test_a_site_and_its_sessions_are_for_their_owner_alone(tmp_path, issued):
    site, _ = SiteFolder.create(tmp_path / "site", "S-1", "某考点", PASSPHRASE, holder("bureau").card)
    folder = site.adopt(issued.read(), "T-1")
    for path in (site.directory, folder.parent, folder):
        assert path.stat().st_mode & 0o777 == 0o700
