package io.manta.core;

/// A job: all work of one driver, named by the driver's process.
public record JobId(NodeId driver) {
  @Override
  public String toString() {
    return "job-" + Long.toString(driver.value(), 36);
  }
}
