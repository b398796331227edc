-- For wrk: ends with one line of JSON about the run.

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50_us": %.1f, "p99_us": %.1f, "bad_status": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50), latency:percentile(99),
    errors.status, broken))
end
