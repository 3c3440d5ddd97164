"""The MIME types that requests and answers are labelled with."""

JPEG = "image/jpeg"
PNG = "image/png"
OTHER_JPEG = ("image/jpg", "image/pjpeg", "image/x-jpeg")  # what others call JPEG
TIFF = "image/tiff"
BMP = "image/bmp"
WEBP = "image/webp"
ANY_IMAGE = "application/x-image"
RECORDIO_PROTOBUF = "application/x-recordio-protobuf"
PROTOBUF = "application/x-protobuf"
OCTET_STREAM = "application/octet-stream"
ANYTHING = "*/*"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
NPY = "application/x-npy"
NPZ = "application/x-npz"
CSV = "text/csv"
LIBSVM = "text/libsvm"
TEXT = "text/plain"


def bare(content_type: str) -> str:
    """Returns a media type in lower case and without its parameters: "text/csv" of "Text/CSV; header=absent"."""
    return content_type.split(";")[0].strip().lower()


def standard(content_type: str) -> str:
    """Returns a media type by its registered name: "image/jpeg" of "image/jpg"; others as they are."""
    return JPEG if bare(content_type) in OTHER_JPEG else content_type
