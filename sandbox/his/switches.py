"""The ways in which a hospital's system goes wrong: F1 to F16 of the list every connector has to survive."""

from __future__ import annotations

from sandbox.control import Switch


def all_switches() -> list[Switch]:
    """Fresh switches for one hospital, all off."""
    return [
        Switch("slow", "答复缓慢", "number", "F8 每次答复前等待的秒数"),
        Switch("drop_answer", "办完后不答复", "flag", "F1 业务已办理，随后断开连接"),
        Switch("hang", "连接半开", "flag", "F7 收下请求，不办理也不答复"),
        Switch("late", "先超时后办理", "number", "F1 断开连接，过若干秒才办理"),
        Switch("duplicate", "重复投递", "flag", "F2 每个请求到达两次，每条推送发送两次"),
        Switch("empty_success", "成功但无内容", "flag", "F3 业务已办理，答复成功却没有单号"),
        Switch("text_only", "只有错误文字", "flag", "F4 拒绝时错误代码笼统，只能看文字"),
        Switch("charset_lies", "字符集不符", "flag", "F5 声明UTF-8，实际为GB18030"),
        Switch("clock_skew", "时钟偏差", "number", "F6 偏差秒数，可为负"),
        Switch("lock_refused", "有号却锁不上", "flag", "F9 列表显示有号，锁号或登记时拒绝"),
        Switch("lock_seconds", "锁号时长", "number", "F10 锁号有效秒数"),
        Switch("partial_list", "列表缺行", "flag", "F11 列表缺一半，总数仍是全部"),
        Switch("maintenance", "夜间维护", "flag", "F12 所有交易都答复维护中"),
        Switch("truncate_numbers", "单号截断", "number", "F16 只保存并返回单号的前若干位"),
        Switch("reject", "拒绝办理", "text", "所有写操作按此原因拒绝，例如 no_source、busy、refused"),
        Switch("garbage", "答复乱码", "flag", "办理后返回无法解析的内容"),
        Switch("price_change", "调价", "number", "每个号的价格增减的分数，可为负；已报的价不再有效"),
        Switch("visits", "看诊", "number", "每分钟叫号的次数：里面的看完、叫下一位，有人未应答，部分取药或寄药"),
        Switch("window_patients", "窗口患者", "number", "本院窗口每分钟挂出的号数"),
    ]
