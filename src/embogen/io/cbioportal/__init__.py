"""cBioPortal study folders: read, written and checked, each kind of file in a module of its own.

``read_cbioportal`` reads a folder, ``write_cbioportal`` writes one, ``folder_problems`` holds a
folder against the documented rules of the format.
"""

from embogen.io.cbioportal.study import CbioportalStudy, read_cbioportal

__all__ = ["CbioportalStudy", "read_cbioportal"]
