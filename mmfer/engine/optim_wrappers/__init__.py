# Copyright (c) mmfer contributors.
