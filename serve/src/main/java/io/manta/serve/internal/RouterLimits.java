package io.manta.serve.internal;

import java.time.Duration;

/// What a router holds to; the components are those of [io.manta.serve.DeploymentOptions].
record RouterLimits(int maxOngoing, int maxQueued, Duration timeout, boolean idempotent) {}
