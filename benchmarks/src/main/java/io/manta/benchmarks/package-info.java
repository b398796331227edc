/// See the README of the project.
@NullMarked
package io.manta.benchmarks;

import org.jspecify.annotations.NullMarked;
