// Stands for React's developer tools, which the bundle leaves out.
module.exports = {};
