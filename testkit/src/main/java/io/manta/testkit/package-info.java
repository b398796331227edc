/// See the README of the project.
@NullMarked
package io.manta.testkit;

import org.jspecify.annotations.NullMarked;
