"""The listening side of the HL7 dialect: one message at a time on a connection, acknowledged, and its faults."""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from itertools import count

from sandbox.app import Site, TcpSite
from sandbox.his.hl7v2_mllp.operations import Operation, find
from sandbox.his.hl7v2_mllp.wire import MSH18, Parsed, block, header, read_block, segment, stamp
from sandbox.his.hospital import Delivery, Hospital
from sandbox.his.refusals import refuse

_KEPT_ANSWERS = 2000
_TEMPORARY = {"busy"}


def sites(hospital: Hospital) -> list[Site]:
    """The one port of a hospital."""
    return [TcpSite(f"his-{hospital.code}", Server(hospital).serve, hospital.host, hospital.port)]


class Server:
    """Answers messages; one seen before (same sender, same control id) gets the same answer again."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        options = hospital.options
        self._charset = str(options.get("charset", "utf-8"))
        self._facility = str(options.get("facility", hospital.code))
        self._key = hospital.secret.decode("ascii")
        self._answered: OrderedDict[tuple[str, str, str], list[bytes]] = OrderedDict()
        self._numbers = count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the hub closes the connection."""
        while True:
            received = await read_block(reader)
            if not received:
                writer.write(b"\x0b\x1c\r")
            for answer in await self._answers(received) if received else []:
                writer.write(answer)
            await writer.drain()

    async def _answers(self, received: bytes) -> list[bytes]:
        try:
            message = Parsed(received, self._charset)
        except (ValueError, LookupError) as problem:
            return [self._block(None, "AR", Delivery(refusal=refuse("refused", f"消息无法解析：{problem}")), None)]
        identity = (message.get("MSH", 3), message.get("MSH", 4), message.get("MSH", 10))
        if identity in self._answered:
            return self._answered[identity]
        operation = find(message)
        delivery = await self._handle(operation, message)
        if delivery.hang:
            await asyncio.sleep(3600)
        if delivery.cut:
            raise ConnectionError("the connection is cut on purpose")
        answers = [self._accepted(message)] if message.get("MSH", 15) == "AL" else []
        answers.append(self._block(message, _code(delivery), delivery, operation))
        if delivery.twice:
            answers.append(answers[-1])
        self._answered[identity] = answers
        if len(self._answered) > _KEPT_ANSWERS:
            self._answered.popitem(last=False)
        return answers

    async def _handle(self, operation: Operation | None, message: Parsed) -> Delivery:
        if not hmac.compare_digest(message.get("MSH", 8).encode(), self._key.encode()):
            return Delivery(refusal=refuse("not_authorised"))
        if operation is None:
            return Delivery(refusal=refuse("not_supported"))
        try:
            arguments = operation.take(message)
        except (KeyError, ValueError, ArithmeticError) as problem:
            return Delivery(refusal=refuse("refused", f"参数错误：{problem}"))
        return await self._hospital.handle(operation.name, arguments)

    def _accepted(self, message: Parsed) -> bytes:
        head = self._header(message, ["ACK", message.get("MSH", 9, 2), "ACK"])
        return block([head, segment("MSA", {1: "CA", 2: message.get("MSH", 10)})], self._charset)

    def _block(self, message: Parsed | None, code: str, delivery: Delivery, operation: Operation | None) -> bytes:
        if delivery.garbage:
            return b"\x0bMSH|^~\\&|HIS|\xff\xfe||||||garbage\r\x1c\r"
        control_id = message.get("MSH", 10) if message else ""
        refusal = delivery.refusal
        msa = {1: code, 2: control_id, 3: refusal.text if refusal else ""}
        if refusal is not None and not delivery.text_only:
            msa[6] = refusal.reason.upper()
        lines = [self._header(message, _answer_type(message), lying=delivery.charset_lies), segment("MSA", msa)]
        if message is not None and message.get("QPD", 1) and not delivery.empty:
            lines += self._query_part(message, delivery, operation)
        if message is not None and refusal is None and operation is not None and not delivery.empty:
            lines += self._command_part(message, delivery)
            lines += operation.bring(delivery.data, self._facility)
        return block(lines, "gb18030" if delivery.charset_lies else self._charset)

    def _query_part(self, message: Parsed, delivery: Delivery, operation: Operation | None) -> list[str]:
        rows = delivery.data.get(operation.count, []) if operation and operation.count else []
        total = delivery.data.get("total", len(rows)) if operation and operation.count else ""
        status = "AE" if delivery.refusal else "OK" if rows or not (operation and operation.count) else "NF"
        acknowledged = segment("QAK", {1: message.get("QPD", 2), 2: status, 3: message.get("QPD", 1), 4: total})
        return [acknowledged, "QPD|" + "|".join([message.raw("QPD", 1), message.get("QPD", 2)])]

    def _command_part(self, message: Parsed, delivery: Delivery) -> list[str]:
        """ZHB: the hub's number as this hospital stored it (F16), and what it found already done."""
        number = message.get("ZHB", 1)
        if not number:
            return []
        kept = self._hospital.board.switches["truncate_numbers"].value
        remark = "EXISTED" if delivery.data.get("existed") else "ALREADY" if delivery.data.get("already") else ""
        stored = number[: int(float(kept))] if kept else number
        return [segment("ZHB", {1: stored, 2: message.get("ZHB", 2), 5: remark})]

    def _header(self, message: Parsed | None, kind: list[str], *, lying: bool = False) -> str:
        now = stamp(self._hospital.clock.now().isoformat())
        return header(
            {
                3: ["HIS", self._hospital.incarnation],
                4: self._facility,
                5: message.get("MSH", 3) if message else "",
                6: message.get("MSH", 4) if message else "",
                7: now,
                9: kind,
                10: f"A{now}{next(self._numbers):05d}",
                11: "P",
                12: message.get("MSH", 12) if message else "2.4",
                18: "UNICODE UTF-8" if lying else MSH18[self._charset],
            }
        )


def _code(delivery: Delivery) -> str:
    if delivery.refusal is None:
        return "AA"
    return "AE" if delivery.refusal.reason in _TEMPORARY else "AR"


def _answer_type(message: Parsed | None) -> list[str]:
    """RSP for QBP (Znn is answered by Z(nn+50)), SRR for SRM, else ACK."""
    if message is None:
        return ["ACK"]
    kind, trigger = message.get("MSH", 9, 1), message.get("MSH", 9, 2)
    if kind == "QBP" and trigger == "Q22":
        return ["RSP", "K22", "RSP_K21"]
    if kind == "QBP" and trigger[1:].isdigit():
        return ["RSP", f"Z{int(trigger[1:]) + 50}", f"RSP_Z{int(trigger[1:]) + 50}"]
    return ["SRR", trigger, "SRR_S01"] if kind == "SRM" else ["ACK", trigger, "ACK"]
