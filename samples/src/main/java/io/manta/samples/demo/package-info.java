/// The demo: a cluster of processes that computes, serves a model and loses a node.
@NullMarked
package io.manta.samples.demo;

import org.jspecify.annotations.NullMarked;
