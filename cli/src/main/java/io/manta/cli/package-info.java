/// See the README of the project.
@NullMarked
package io.manta.cli;

import org.jspecify.annotations.NullMarked;
