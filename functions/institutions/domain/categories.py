"""The categories of institutions: those of the national statistics of health resources, and the authorities.

A category is kept by its Chinese name, which is what spreadsheets of institutions hold.
"""

from collections.abc import Mapping
from types import MappingProxyType

from functions.shared.errors import Text

CATEGORIES: Mapping[str, Text] = MappingProxyType(
    {
        text.zh: text
        for text in (
            Text("卫生健康行政部门", "Health authority"),
            Text("综合医院", "General hospital"),
            Text("中医医院", "Hospital of traditional Chinese medicine"),
            Text("中西医结合医院", "Hospital of integrated medicine"),
            Text("民族医医院", "Hospital of ethnic medicine"),
            Text("专科医院", "Specialised hospital"),
            Text("康复医院", "Rehabilitation hospital"),
            Text("护理院", "Nursing home"),
            Text("基层医疗卫生机构", "Primary care institution"),
            Text("社区卫生服务中心", "Community health centre"),
            Text("社区卫生服务站", "Community health station"),
            Text("卫生院", "Township health centre"),
            Text("村卫生室", "Village clinic"),
            Text("门诊部", "Outpatient department"),
            Text("诊所", "Clinic"),
            Text("疾病预防控制机构", "Centre for disease control and prevention"),
            Text("专科疾病防治机构", "Institution for the control of a disease"),
            Text("妇幼保健机构", "Maternal and child health institution"),
            Text("健康教育机构", "Health education institution"),
            Text("急救机构", "Emergency medical institution"),
            Text("采供血机构", "Blood service"),
            Text("监督机构", "Health inspection institution"),
            Text("计划生育技术服务机构", "Family planning service"),
            Text("疗养院", "Sanatorium"),
            Text("医学检验机构", "Medical laboratory"),
            Text("医学科研机构", "Medical research institution"),
            Text("医学教育机构", "Medical school"),
            Text("卫生统计信息中心", "Health statistics and information centre"),
            Text("其他卫生机构", "Other health institution"),
        )
    }
)
