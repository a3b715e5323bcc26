#!/usr/bin/env tandem
return require("tandem").pipeline { build = function() return {} end }
