-- Asks one query over and over, or with a number in it that differs each time; prints one line of JSON at the end.
-- Arguments after --: a file that holds the path and query string, the number that it holds, the first number to
-- put in its place (0 for the same query each time), the media type to accept, and "each" where the time of each
-- request is told too: those of wrk hold others beside them, that would have been sent while one took long.
-- With "each" there is one connection.
local before, after, fixed, counter, headers, clock, begun
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = io.open(args[1], "r")
  fixed = file:read("*a")
  file:close()
  counter = tonumber(args[3])
  headers = { ["Accept"] = args[4] }
  local first, last = fixed:find(args[2], 1, true)
  if counter > 0 and first then
    before, after = fixed:sub(1, first - 1), fixed:sub(last + 1)
  else
    fixed = wrk.format("GET", fixed, headers)
  end
  if args[5] == "each" then
    clock = monotonic()
    times = {}
    response = note
  end
end

function monotonic()
  local ffi = require("ffi")
  ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *found);")
  local found = ffi.new("moment")
  return function()
    ffi.C.clock_gettime(1, found)
    return tonumber(found.seconds) + tonumber(found.nanoseconds) / 1e9
  end
end

function note()
  table.insert(times, clock() - begun)
end

function request()
  if clock then
    begun = clock()
  end
  if not before then
    return fixed
  end
  counter = counter + 1
  return wrk.format("GET", before .. string.format("%d", counter) .. after, headers)
end

local function each()
  local found = threads[1]:get("times")
  if not found then
    return "null"
  end
  table.sort(found)
  return string.format("%.6f", found[math.max(1, math.ceil(#found * 0.99))] or 0)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "seconds": %.6f, "errors": %d, "p50": %.6f, "p99": %.6f, "p99_each": %s}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, each()))
end
