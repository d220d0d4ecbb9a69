"""The agreement that everyone who registers an institution accepts, with its version."""

from functions.shared.errors import Text

VERSION = "2026-11"
TEXT = Text(
    "机构注册（补增申请）协议\n"
    "一、注册前，请先在首页查询拟申请注册的单位；机构库中已有的单位不用注册。\n"
    "二、申请人应是该单位的工作人员，并已获得单位同意。\n"
    "三、所有项目均为必填项。单位名称、统一社会信用代码应与登记证书一致，信息应真实、准确、完整。\n"
    "四、联系人姓名和联系电话仅用于核实本次申请，加密保存，不对外公开。\n"
    "五、申请由平台管理员审核；被拒绝的申请可以按提示修改后重新提交。\n"
    "六、收录后，单位名称、机构编码、主管单位和机构类别可供公开查询。\n"
    "七、提供虚假信息的，平台可以拒绝申请或更正机构信息，由申请人承担相应责任。",
    "Agreement on registering an institution\n"
    "1. Please search first: an institution that is in the directory need not be registered.\n"
    "2. The applicant works at the institution and acts with its consent.\n"
    "3. Every field is required. Name and unified social credit code are those of the certificate; everything is true, "
    "exact and complete.\n"
    "4. The contact's name and phone serve to check this registration only; they are stored encrypted and never "
    "published.\n"
    "5. An administrator of the platform reviews the registration; a rejected one can be amended and submitted again.\n"
    "6. Once included, the institution's name, code, supervisor and category can be searched by anybody.\n"
    "7. Where information is false, the platform may reject the registration or correct the directory; the applicant "
    "is responsible.",
)
