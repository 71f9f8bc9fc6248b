-- Asks one query over and over, or with a number in it that differs each time; prints one line of JSON at the end.
-- Arguments after --: a file that holds the path and query string, the number that it holds, the first number to
-- put in its place (0 for the same query each time), and the media type to accept.
local before, after, fixed, counter, headers

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
end

function request()
  if not before then
    return fixed
  end
  counter = counter + 1
  return wrk.format("GET", before .. string.format("%d", counter) .. after, headers)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "seconds": %.6f, "errors": %d, "p50": %.6f, "p99": %.6f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
