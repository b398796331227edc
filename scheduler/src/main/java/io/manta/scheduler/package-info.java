/// See the README of the project.
@NullMarked
package io.manta.scheduler;

import org.jspecify.annotations.NullMarked;
