"""The scripts of the waiting room (`hub/waiting_room.py`): to open one, to look at one's place, to ask at the door."""

from __future__ import annotations

from hub import tallies

OPEN = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local draw = tonumber(ARGV[1]) > 0 and tonumber(ARGV[1]) or now
if redis.call('HSETNX', KEYS[1], 'seed', ARGV[6]) == 1 then
    redis.call('HSET', KEYS[1], 'draw', draw, 'opened', now, 'last', draw, 'tokens', ARGV[2], 'served', 0)
end
redis.call('HSET', KEYS[1], 'rate', ARGV[2], 'most', ARGV[3], 'stay', ARGV[4], 'linger', ARGV[5])
local close = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'draw'))) + ARGV[5]
redis.call('HSET', KEYS[1], 'close', math.max(close, tonumber(redis.call('HGET', KEYS[1], 'close') or 0)))
redis.call('EXPIRE', KEYS[1], ARGV[7])
return 1
"""

LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local room, line, inside, wants, full = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local who, act, want, lasts = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local held = redis.call('HMGET', room, 'draw', 'rate', 'most', 'stay', 'linger', 'close', 'last', 'tokens', 'served',
    'seed')
if not held[1] then return {'open'} end
local draw, rate, most, stay = tonumber(held[1]), tonumber(held[2]), tonumber(held[3]), tonumber(held[4])
local served, tokens = tonumber(held[9]), tonumber(held[8])
redis.call('ZREMRANGEBYSCORE', inside, '-inf', now)
if act == 'leave' then
    redis.call('ZREM', line, who)
    redis.call('ZREM', inside, who)
    redis.call('HDEL', wants, who)
elseif act == 'join' then
    redis.call('HSET', wants, who, want)
    if not redis.call('ZSCORE', inside, who) and not redis.call('ZSCORE', line, who) then
        local place = now - draw
        if now < draw then
            place = (tonumber(string.sub(redis.sha1hex(held[10] .. who), 1, 12), 16) / 281474976710656 - 1) * 1000000
        end
        redis.call('ZADD', line, place, who)
        redis.call('HSET', room, 'close', math.max(tonumber(held[6]), now + tonumber(held[5])))
        for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, lasts) end
    end
end
if now >= draw then
    tokens = math.min(rate, tokens + math.max(0, now - tonumber(held[7])) * rate / 1000)
    local free = most - redis.call('ZCARD', inside)
    while free > 0 and tokens >= 1 do
        local next = redis.call('ZPOPMIN', line)
        if not next[1] then break end
        if redis.call('SISMEMBER', full, redis.call('HGET', wants, next[1]) or '') == 0 then
            redis.call('ZADD', inside, now + stay, next[1])
            free, tokens, served = free - 1, tokens - 1, served + 1
        end
    end
    redis.call('HSET', room, 'last', now, 'tokens', tostring(tokens), 'served', served)
    for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, lasts) end
end
local until_ = redis.call('ZSCORE', inside, who)
if until_ then return {'in', tostring(tonumber(until_) - now)} end
local wanted = redis.call('HGET', wants, who)
if wanted and redis.call('SISMEMBER', full, wanted) == 1 then
    redis.call('ZREM', line, who)
    return {'full'}
end
local total, rank = redis.call('ZCARD', line), redis.call('ZRANK', line, who)
if rank then
    local state = now < draw and 'before' or 'line'
    return {state, tostring(rank), tostring(total), tostring(draw - now), tostring(rate), tostring(served)}
end
if total == 0 and redis.call('ZCARD', inside) == 0 and now > tonumber(redis.call('HGET', room, 'close')) then
    redis.call('DEL', room, line, inside, wants, full)
    return {'open'}
end
return {'out', '0', tostring(total), tostring(draw - now), tostring(rate), tostring(served)}
"""

DOOR = (
    tallies.LUA
    + """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local refused, due = weigh(KEYS[4], cjson.decode(ARGV[3]), now)
if refused ~= '' then return {'refused', refused, unpack(due)} end
if ARGV[4] == '' then return {'free', '', unpack(due)} end
local tries = KEYS[3] .. ':' .. time[1]
local count = redis.call('INCR', tries)
if count == 1 then redis.call('EXPIRE', tries, 10) end
if redis.call('EXISTS', KEYS[1]) == 0 then
    if tonumber(ARGV[2]) > 0 and count > tonumber(ARGV[2]) then return {'press', '', unpack(due)} end
    return {'free', '', unpack(due)}
end
local admitted = redis.call('ZSCORE', KEYS[2], ARGV[1])
if admitted and tonumber(admitted) > now then return {'in', '', unpack(due)} end
return {'line', '', unpack(due)}
"""
)
