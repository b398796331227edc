package io.manta.serve.internal;

import io.manta.serve.DeploymentOptions;
import java.time.Duration;

/// What a router holds to; the components are those of [DeploymentOptions].
record RouterLimits(int maxOngoing, int maxQueued, Duration timeout, boolean idempotent) {
  static RouterLimits of(DeploymentOptions options) {
    return new RouterLimits(
        options.maxOngoing(), options.maxQueued(), options.timeout(), options.idempotent());
  }
}
