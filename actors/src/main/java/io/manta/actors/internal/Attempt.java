package io.manta.actors.internal;

import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.objects.ValueCodec;

/// One attempt of a task that a node is to run.
///
/// @param codec of its job
/// @param itemLimit how many values a generator may give at first
/// @param held its resources, taken from the node's ledger
/// @param retriable whether its options allow for retries, used up or not
record Attempt(
    TaskContext context,
    ValueCodec codec,
    Capture body,
    long itemLimit,
    Resources held,
    Setting setting,
    boolean retriable) {}
