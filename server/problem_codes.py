"""The table of error codes: what each means and what to do next. docs/errors.md shows it; a test checks."""

import msgspec


class Code(msgspec.Struct, frozen=True):
    """A kind of error: its short code (the `type` on the wire), HTTP status, titles, and the way on."""

    code: str
    status: int
    title: str
    title_en: str
    next: str


_TABLE = (
    Code(
        "unreadable-body",
        400,
        "请求内容无法读取",
        "The body cannot be read",
        "减半后重发；单条仍被拒时以 raw 上送",
    ),
    Code(
        "bad-encoding",
        400,
        "压缩格式或文字编码无法读取",
        "The content encoding cannot be read",
        "改用 UTF-8，不压缩或用 gzip、zstd 压缩后重发",
    ),
    Code(
        "checksum-unsupported",
        400,
        "校验方式不支持或写法不对",
        "This checksum is not supported or cannot be read",
        "改用 sha256（或 sha1）加空格和 Base64 的摘要",
    ),
    Code(
        "bad-token",
        401,
        "登录凭证缺失或无效",
        "The token is missing or not valid",
        "重新登录，或重新登记设备",
    ),
    Code(
        "unknown-device",
        401,
        "服务器不认识这台设备",
        "The server does not know this device",
        "重新登记，并再次上报保留的全部记录",
    ),
    Code(
        "wrong-password",
        401,
        "用户名或密码不正确",
        "The user name or the password is wrong",
        "核对后再试，或请管理员重设密码",
    ),
    Code(
        "device-revoked",
        403,
        "这台设备已停用",
        "This device is revoked",
        "仍可上报已采集的记录；如需继续使用，请找村社负责人",
    ),
    Code(
        "device-unconfirmed",
        403,
        "这台设备等待确认",
        "This device waits to be confirmed",
        "服务器恢复后须由市级管理员确认设备；已采集的记录照常上报，确认前不能读取",
    ),
    Code(
        "forbidden",
        403,
        "没有这项操作的权限",
        "This account has no right to do this",
        "请有权限的同事办理，或请村社负责人核对岗位与排班",
    ),
    Code("not-found", 404, "找不到所请求的内容", "There is no such thing here", "核对地址或编号"),
    Code(
        "method-not-allowed",
        405,
        "此地址不支持这种请求",
        "This address does not take this method",
        "按接口说明更换请求方法",
    ),
    Code(
        "operations-missing",
        409,
        "前面的操作尚未收到",
        "Earlier operations are missing",
        "从 acknowledged 的下一条起重新上报",
    ),
    Code(
        "history-forked",
        409,
        "操作记录与服务器已有的不一致",
        "The history differs from the one the server holds",
        "重新登记，并再次上报保留的全部记录",
    ),
    Code("scope-changed", 409, "网格范围已变更", "The scope has changed", "取得新范围后重新拉取"),
    Code(
        "already-signed",
        409,
        "这一天已经签字",
        "The day is already signed",
        "查看已签的对账；之后到达的记录列在其旁",
    ),
    Code(
        "day-not-signed",
        409,
        "这一天还没有签字",
        "The day is not signed yet",
        "请当天值班窗口的交班人先签字",
    ),
    Code(
        "same-person",
        409,
        "交班人和接班人不能是同一个人",
        "The same person cannot countersign",
        "请另一位值班同事接班签字",
    ),
    Code(
        "already-settled",
        409,
        "已由别人处理",
        "Somebody has settled it already",
        "刷新后查看处理结果；如需更改，请按现在的结果再选",
    ),
    Code(
        "already-mended",
        409,
        "这条已经有人改好了",
        "It is already mended, or there is nothing to mend",
        "刷新列表",
    ),
    Code(
        "upload-offset",
        409,
        "续传位置与服务器已有的不一致",
        "The offset is not the one that the server has",
        "用 HEAD 查询 Upload-Offset，从那里继续",
    ),
    Code(
        "cursor-expired",
        410,
        "拉取位置已失效",
        "The cursor is no longer valid",
        "重新下载数据段，未上报的记录保持不动",
    ),
    Code(
        "upload-gone",
        410,
        "这次上传已结束或过期",
        "This upload has ended or expired",
        "重新发起上传；本机的文件保持不动",
    ),
    Code(
        "tus-version",
        412,
        "上传协议版本不支持",
        "This version of the upload protocol is not supported",
        "请求带上 Tus-Resumable: 1.0.0",
    ),
    Code("batch-too-large", 413, "一次上报的内容过大", "The batch is too large", "减半后重发"),
    Code(
        "file-too-large",
        413,
        "文件过大",
        "The file is too large",
        "按 limits.file_bytes 缩小后重拍或重传",
    ),
    Code(
        "decompression-too-large",
        413,
        "解压后的内容过大",
        "The body is too large once decompressed",
        "减半后重发",
    ),
    Code(
        "unsupported-media",
        415,
        "不支持的内容类型或压缩方式",
        "This media type or content coding is not supported",
        "正文用 application/json，压缩用 gzip 或 zstd",
    ),
    Code(
        "wrong-counter",
        422,
        "操作序号不连续",
        "The counters do not follow one another",
        "按待发箱的顺序重新组批",
    ),
    Code(
        "day-to-come",
        422,
        "这一天还没有到",
        "The day has not come yet",
        "请在当天或之后签字",
    ),
    Code(
        "day-unexplained",
        422,
        "还有未说明原因的设备",
        "Some devices are not explained",
        "请设备同步报到，或按 problems 逐台说明原因后再签",
    ),
    Code("request-invalid", 422, "请求内容有误", "The request has mistakes", "按 problems 逐条改正后重发"),
    Code(
        "file-digest-mismatch",
        422,
        "文件内容与所报摘要不符",
        "The file is not the one that its digest names",
        "从本机的文件重新上传；仍不符则本机的文件已损坏",
    ),
    Code(
        "file-type-refused",
        422,
        "这种文件不收",
        "Files of this type are not taken",
        "只收 JPEG、PNG、WebP 图片",
    ),
    Code(
        "image-metadata",
        422,
        "图片里带有拍摄位置",
        "The picture tells where it was taken",
        "去掉图片的位置信息后重传；应用内拍摄的照片不带",
    ),
    Code(
        "image-unreadable",
        422,
        "图片无法打开",
        "The picture cannot be opened",
        "请重新拍摄",
    ),
    Code(
        "too-many-attempts",
        429,
        "尝试次数过多",
        "There were too many attempts",
        "按 Retry-After 所示的秒数等待后再试",
    ),
    Code(
        "checksum-mismatch",
        460,
        "这一段在传输中损坏",
        "The piece was damaged on its way",
        "从原来的位置重发这一段",
    ),
    Code("internal-error", 500, "服务器内部错误", "The server failed", "稍后重试；仍不成功请联系管理员"),
    Code(
        "server-busy",
        503,
        "服务器暂时繁忙",
        "The server is busy for a moment",
        "稍后重试，已采集的记录不受影响",
    ),
    Code(
        "store-full",
        507,
        "服务器磁盘空间已满",
        "The server's disk is full",
        "请管理员清理空间；设备保留全部记录，稍后重发",
    ),
)

CODES = {code.code: code for code in _TABLE}
